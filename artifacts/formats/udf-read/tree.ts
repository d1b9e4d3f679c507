/**
 * The files of a UDF volume: every path, its size, and where its bytes lie. Nothing of a content is read.
 * Facts: ECMA-167 4/14.4 (file identifiers), 4/14.6 and 4/14.9 (file entries), 4/14.14 (allocation descriptors).
 */
import { BLOCK, damagedDisc, readBlocks, requireTag, type UdfVolume } from './volume.js';

const FILE_IDENTIFIER = 257;
const ALLOCATION_EXTENT = 258;
/** Where what differs between both kinds of file entry stands. */
const ENTRIES: Readonly<Record<number, { readonly lengths: number; readonly rest: number }>> = {
  261: { lengths: 168, rest: 176 },
  266: { lengths: 208, rest: 216 },
};
/** File types of an ICB (ECMA-167 4/14.6.6). */
const DIRECTORY = 4;
const PLAIN_FILE = 5;

const DELETED = 0x04;
const PARENT = 0x08;

/** What no disc has, so that a damaged one ends. */
const MOST_FILES = 1_000_000;
const MOST_DEPTH = 64;
const MOST_DIRECTORY = 64 * 1024 * 1024;
const MOST_EXTENTS = 100_000;

/** A run of bytes on the disc; without a place they are zeros. */
export interface UdfExtent {
  /** Bytes from the start of the disc. */
  readonly at?: number;
  readonly bytes: number;
}

export interface UdfFile {
  /** `/`-separated, without a leading slash. */
  readonly path: string;
  readonly bytes: number;
  readonly extents: readonly UdfExtent[];
}

/** All plain files, in the order of the disc. @throws Failure of kind `integrity` */
export function readUdfTree(volume: UdfVolume): UdfFile[] {
  const files: UdfFile[] = [];
  const seen = new Set<number>();
  const walk = (block: number, folder: string, depth: number) => {
    if (seen.has(block) || depth > MOST_DEPTH)
      throw damagedDisc(volume.name, 'folders that are in one other', `a circle at ${folder || '/'}`);
    seen.add(block);
    const entry = readEntry(volume, block);
    if (entry.type !== DIRECTORY || entry.bytes > MOST_DIRECTORY)
      throw damagedDisc(
        volume.name,
        `a folder at ${folder || '/'}`,
        `type ${entry.type}, ${entry.bytes} bytes`,
      );
    for (const child of namesIn(volume, contentOf(volume, entry))) {
      const path = `${folder}${child.name}`;
      if (child.directory) walk(child.block, `${path}/`, depth + 1);
      else {
        const { type, bytes, extents } = readEntry(volume, child.block);
        if (type === PLAIN_FILE) files.push({ path, bytes, extents });
      }
      if (files.length > MOST_FILES) throw damagedDisc(volume.name, `at most ${MOST_FILES} files`, 'more');
    }
  };
  walk(volume.root, '', 0);
  return files;
}

interface Entry {
  readonly type: number;
  readonly bytes: number;
  readonly extents: readonly UdfExtent[];
}

function readEntry(volume: UdfVolume, block: number): Entry {
  const bytes = readBlocks(volume, block, BLOCK);
  const tag = bytes.readUInt16LE(0);
  const places = ENTRIES[tag];
  if (places === undefined) throw damagedDisc(volume.name, 'a file entry', `kind ${tag} in block ${block}`);
  requireTag(volume, bytes, tag);
  const size = Number(bytes.readBigUInt64LE(56));
  const start = places.rest + bytes.readUInt32LE(places.lengths);
  const end = start + bytes.readUInt32LE(places.lengths + 4);
  if (end > BLOCK)
    throw damagedDisc(volume.name, `a file entry of ${BLOCK} bytes`, `${end} bytes in block ${block}`);
  const kind = bytes.readUInt16LE(34) & 7;
  const extents =
    kind === IN_ICB
      ? [{ at: (volume.partition + block) * BLOCK + start, bytes: end - start }]
      : extentsOf(volume, bytes.subarray(start, end), kind);
  const held = extents.reduce((sum, each) => sum + each.bytes, 0);
  if (held < size) throw damagedDisc(volume.name, `${size} bytes of the file in block ${block}`, `${held}`);
  return { type: bytes.readUInt8(27), bytes: size, extents };
}

/** Kinds of allocation descriptors (ECMA-167 4/14.6.8): with a block, with a block and a partition, or none since the content is there. */
const SHORT = 0;
const LONG = 1;
const IN_ICB = 3;

function extentsOf(volume: UdfVolume, first: Buffer, kind: number): UdfExtent[] {
  if (kind !== SHORT && kind !== LONG)
    throw damagedDisc(volume.name, 'allocation descriptors that are short or long', `kind ${kind}`);
  const step = kind === SHORT ? 8 : 16;
  const found: UdfExtent[] = [];
  let list = first;
  for (let at = 0, links = 0; at + step <= list.length; at += step) {
    const word = list.readUInt32LE(at);
    const [use, bytes, block] = [word >>> 30, word & 0x3fffffff, list.readUInt32LE(at + 4)];
    if (bytes === 0) break;
    if (use === NEXT) {
      links += 1;
      const more = readBlocks(volume, block, BLOCK);
      requireTag(volume, more, ALLOCATION_EXTENT);
      const length = more.readUInt32LE(20);
      if (links > MOST_EXTENTS || length > BLOCK - 24)
        throw damagedDisc(volume.name, 'a list of extents that ends', 'none');
      list = more.subarray(24, 24 + length);
      at = -step;
      continue;
    }
    if (use === RECORDED && block + Math.ceil(bytes / BLOCK) > volume.blocks)
      throw damagedDisc(volume.name, `blocks below ${volume.blocks}`, `block ${block}, ${bytes} bytes`);
    found.push(use === RECORDED ? { at: (volume.partition + block) * BLOCK, bytes } : { bytes });
    if (found.length > MOST_EXTENTS)
      throw damagedDisc(volume.name, `at most ${MOST_EXTENTS} extents`, 'more');
  }
  return found;
}

/** Uses of an extent (ECMA-167 4/14.14.1.1); what is not recorded reads as zeros. */
const RECORDED = 0;
const NEXT = 3;

function contentOf(volume: UdfVolume, { bytes, extents }: Entry): Buffer {
  const parts = extents.map((each) =>
    each.at === undefined ? Buffer.alloc(each.bytes) : readBlocksAt(volume, each.at, each.bytes),
  );
  return Buffer.concat(parts).subarray(0, bytes);
}

function readBlocksAt(volume: UdfVolume, at: number, length: number): Buffer {
  const block = Math.floor(at / BLOCK);
  const before = at - block * BLOCK;
  return readBlocks(volume, block - volume.partition, before + length).subarray(before);
}

interface Named {
  readonly name: string;
  readonly directory: boolean;
  readonly block: number;
}

function namesIn(volume: UdfVolume, content: Buffer): Named[] {
  const found: Named[] = [];
  for (let at = 0; at + 38 <= content.length; ) {
    requireTag(volume, content.subarray(at), FILE_IDENTIFIER);
    const flags = content.readUInt8(at + 18);
    const nameAt = at + 38 + content.readUInt16LE(at + 36);
    const end = nameAt + content.readUInt8(at + 19);
    if (end > content.length)
      throw damagedDisc(volume.name, 'a folder that ends with a name', 'one that is cut off');
    if ((flags & (DELETED | PARENT)) === 0) {
      const name = nameOf(content.subarray(nameAt, end));
      if (name === undefined || /[/\0]/.test(name) || name === '.' || name === '..')
        throw damagedDisc(volume.name, 'the name of a file', JSON.stringify(name ?? 'none'));
      found.push({ name, directory: (flags & 0x02) !== 0, block: content.readUInt32LE(at + 24) });
    }
    at += (end - at + 3) & ~3;
  }
  return found;
}

/** OSTA compressed Unicode (UDF 2.1.1): bytes, or UTF-16 with the high byte first. */
function nameOf(bytes: Buffer): string | undefined {
  const [kind, ...rest] = bytes;
  if (rest.length === 0) return undefined;
  if (kind === 8) return bytes.toString('latin1', 1);
  if (kind !== 16 || rest.length % 2 !== 0) return undefined;
  return Buffer.from(bytes.subarray(1)).swap16().toString('utf16le');
}

/** What a differing block of an ext4 file system means: unit by unit, with the field or file that it belongs to. */
import {
  differingField,
  type Field,
  INODE_FIELDS,
  SUPERBLOCK_FIELDS,
  showField,
} from '../../formats/ext4-read/fields.js';
import { isSpecial, type Region, type RegionMap } from '../../formats/ext4-read/regions.js';
import { SUPERBLOCK } from '../../formats/ext4-read/superblock.js';
import { BLOCK } from '../../formats/ext4-size.js';
import { excerpt, firstDifferentByte } from './difference.js';

/** Bytes of the block that differ for one reason. */
export interface Finding {
  /** Findings with the same key are one difference. */
  readonly key: string;
  /** Byte of the block. */
  readonly at: number;
  readonly part: string;
  readonly path?: string;
  readonly expected: string;
  readonly found: string;
  /** Whether it follows from another difference: a checksum, a count of free blocks, a place. */
  readonly derived: boolean;
}

/** A block of both file systems. */
export interface BlockPair {
  readonly a: Buffer;
  readonly b: Buffer;
}

/** The two file systems at one place. */
export interface MapPair {
  readonly a: RegionMap;
  readonly b: RegionMap;
  /** Bytes. */
  readonly inodeSize: number;
  /** Paths that differ in something but times, and were named as such already. */
  readonly known: ReadonlySet<string>;
}

/** What follows from where other things stand, and tells nothing of its own. */
const PLACE = { key: 'place', part: 'place of files and free space', derived: true } as const;

/**
 * @param block of the file system
 * @param load is called only where the bytes are needed: most blocks merely moved
 */
export async function explainBlock(
  maps: MapPair,
  block: number,
  load: () => Promise<BlockPair>,
): Promise<Finding[]> {
  const [left, right] = [maps.a.at(block), maps.b.at(block)];
  if (left.kind === 'inode table' && right.kind === 'inode table') {
    return explainInodes(maps, left, block, await load());
  }
  if (left.kind === 'superblock') return explainSuperblock(await load());
  const [own, other] = [use(maps.a, left, block), use(maps.b, right, block)];
  if (own.what !== other.what) return [{ ...PLACE, at: 0, expected: own.what, found: other.what }];
  if (own.path !== undefined && maps.known.has(own.path)) return [];
  const pair = await load();
  const at = firstDifferentByte(pair.a, pair.b) ?? 0;
  const bytes = { at, expected: excerpt(pair.a, at), found: excerpt(pair.b, at) };
  const { what, ...rest } = own;
  return [{ ...bytes, ...rest, key: own.derived ? left.kind : what, part: what }];
}

function use(
  map: RegionMap,
  { kind, inode, logical, start }: Region,
  block: number,
): { readonly what: string; readonly path?: string; readonly derived: boolean } {
  if (inode === undefined || kind === 'inode table') return { what: kind, derived: kind !== 'free space' };
  const name = map.names(inode)[0] as string;
  if (isSpecial(inode)) return { what: name, derived: kind === 'block map' };
  if (kind !== 'content') return { what: `${kind} of ${name}`, path: name, derived: true };
  // The content of files is compared as such; what is left is another part of the same file.
  return { what: `block ${(logical ?? 0) + block - start} of ${name}`, path: name, derived: true };
}

function explainSuperblock({ a, b }: BlockPair): Finding[] {
  const findings: Finding[] = [];
  const head = firstDifferentByte(a.subarray(0, SUPERBLOCK), b.subarray(0, SUPERBLOCK));
  if (head !== undefined) {
    const values = { expected: excerpt(a, head), found: excerpt(b, head) };
    findings.push({ key: 'boot sector', at: head, part: 'boot sector', derived: false, ...values });
  }
  const [left, right] = [a, b].map((each) => each.subarray(SUPERBLOCK, 2 * SUPERBLOCK)) as [Buffer, Buffer];
  const at = firstDifferentByte(left, right);
  if (at === undefined) return findings;
  const field = differingField(SUPERBLOCK_FIELDS, left, right);
  return [...findings, fieldFinding(field, left, right, { at: SUPERBLOCK, of: 'the superblock' })];
}

function explainInodes(maps: MapPair, table: Region, block: number, { a, b }: BlockPair): Finding[] {
  const { inodeSize, known } = maps;
  const each = BLOCK / inodeSize;
  const first = (table.inode as number) + (block - table.start) * each;
  const findings: Finding[] = [];
  for (let index = 0; index < each; index += 1) {
    const at = index * inodeSize;
    const [left, right] = [a.subarray(at, at + inodeSize), b.subarray(at, at + inodeSize)];
    if (left.equals(right)) continue;
    const [name, other] = [maps.a.names(first + index)[0], maps.b.names(first + index)[0]] as [
      string,
      string,
    ];
    if (name !== other) {
      findings.push({ ...PLACE, at, expected: `inode of ${name}`, found: `inode of ${other}` });
      continue;
    }
    const field = differingField(INODE_FIELDS, left, right);
    if (known.has(name) && field?.form !== 'time') continue;
    findings.push({ ...fieldFinding(field, left, right, { at, of: name }), path: name });
  }
  return findings;
}

function fieldFinding(
  field: Field | undefined,
  a: Buffer,
  b: Buffer,
  where: { readonly at: number; readonly of: string },
): Finding {
  const first = firstDifferentByte(a, b) ?? 0;
  if (field === undefined) {
    const values = { expected: excerpt(a, first), found: excerpt(b, first) };
    return {
      ...values,
      key: 'unused bytes',
      at: where.at + first,
      part: `unused bytes of ${where.of}`,
      derived: false,
    };
  }
  return {
    // One finding for the same field of many inodes.
    key: `field ${field.name}`,
    at: where.at + field.at,
    part: `${field.name} of ${where.of}`,
    expected: showField(field, a),
    found: showField(field, b),
    derived: field.derived,
  };
}

/**
 * A UDF volume on an image of a disc: whether it is one, and where its file system begins. Called by the stage that takes an
 * installer's files out of it, at check time too, so that all reading is synchronous; contents are read elsewhere (copy.ts).
 * Facts: ECMA-167 (3rd edition) parts 2 to 4, OSTA UDF 1.02 and 2.01. Integers are little-endian; blocks are of 2048 bytes.
 */
import { readSync } from 'node:fs';
import { Failure } from '../../../base/failure.js';

/** Bytes of a logical sector of a disc, and of a logical block of the file system on it. */
export const BLOCK = 2048;

/** Volume descriptors begin at this sector, as on ISO 9660 (ECMA-167 2/8.3). */
const RECOGNITION = 16;
/** More than discs have. */
const MOST_RECOGNITION = 64;
/** The anchor's sector (ECMA-167 3/8.4.2.1). */
const ANCHOR = 256;
/** Sectors of a descriptor sequence that are looked at; discs have 16. */
const MOST_DESCRIPTORS = 256;

/** Identifiers of descriptors (ECMA-167 3/7.2.1, 4/7.2.1). */
const TAG = {
  primary: 1,
  anchor: 2,
  pointer: 3,
  partition: 5,
  logicalVolume: 6,
  terminating: 8,
  fileSet: 256,
} as const;

/** A disc's image, open for reading. */
export interface Disc {
  readonly fd: number;
  /** Bytes. */
  readonly bytes: number;
  /** How messages call it. */
  readonly name: string;
}

export interface UdfVolume extends Disc {
  /** First sector of the partition, to which all addresses of the file system are relative. */
  readonly partition: number;
  /** Blocks of the partition. */
  readonly blocks: number;
  /** Block of the root directory's file entry. */
  readonly root: number;
}

/** Exactly `length` bytes at byte `at`. @throws Failure of kind `integrity` */
function readDisc({ fd, bytes, name }: Disc, at: number, length: number): Buffer {
  if (at + length <= bytes) {
    const buffer = Buffer.alloc(length);
    if (readSync(fd, buffer, 0, length, at) === length) return buffer;
  }
  throw damagedDisc(name, `${length} bytes at byte ${at}`, `${bytes} bytes in all`);
}

/** Bytes of a part of the file system. @param block relative to the partition */
export function readBlocks(volume: UdfVolume, block: number, length: number): Buffer {
  if (block + Math.ceil(length / BLOCK) <= volume.blocks)
    return readDisc(volume, (volume.partition + block) * BLOCK, length);
  throw damagedDisc(volume.name, `blocks below ${volume.blocks}`, `block ${block}`);
}

/**
 * Finds the file system of a disc.
 * @throws Failure of kind `recipe` for what is no disc, has no UDF, or a UDF of a kind that is not read; `integrity` for a damaged one
 */
export function openUdf(disc: Disc): UdfVolume {
  requireUdf(disc);
  const anchor = descriptor(disc, ANCHOR, TAG.anchor);
  const sequence = { bytes: anchor.readUInt32LE(16), sector: anchor.readUInt32LE(20) };
  const found = descriptorsOf(disc, sequence.sector, Math.floor(sequence.bytes / BLOCK));
  const primary = required(disc, found, TAG.primary, 'a primary volume descriptor');
  if (primary.readUInt16LE(58) > 1 || primary.readUInt16LE(56) > 1)
    throw otherKind(
      disc,
      'a volume that lies on one disc',
      `part ${primary.readUInt16LE(56)} of a set of ${primary.readUInt16LE(58)}`,
    );
  const logical = required(disc, found, TAG.logicalVolume, 'a logical volume descriptor');
  const size = logical.readUInt32LE(212);
  if (size !== BLOCK) throw otherKind(disc, `logical blocks of ${BLOCK} bytes`, `${size} bytes`);
  const number = partitionNumber(disc, logical);
  const partition = found.find(
    (each) => each.readUInt16LE(0) === TAG.partition && each.readUInt16LE(22) === number,
  );
  if (partition === undefined)
    throw damagedDisc(disc.name, `a descriptor of the partition ${number}`, 'none');
  const volume = { ...disc, partition: partition.readUInt32LE(188), blocks: partition.readUInt32LE(192) };
  if ((volume.partition + volume.blocks) * BLOCK > disc.bytes)
    throw damagedDisc(
      disc.name,
      `${(volume.partition + volume.blocks) * BLOCK} bytes`,
      `${disc.bytes}: the file is cut off`,
    );
  const fileSet = readBlocks({ ...volume, root: 0 }, logical.readUInt32LE(252), BLOCK);
  requireTag(disc, fileSet, TAG.fileSet);
  return { ...volume, root: fileSet.readUInt32LE(404) };
}

/** Whether the volume recognition sequence tells of UDF (ECMA-167 2/9.1, 3/9.1). */
function requireUdf(disc: Disc): void {
  const names: string[] = [];
  for (let sector = RECOGNITION; sector < RECOGNITION + MOST_RECOGNITION; sector++) {
    if ((sector + 1) * BLOCK > disc.bytes) break;
    const name = readDisc(disc, sector * BLOCK, 6).toString('latin1', 1);
    if (!/^(?:CD001|BEA01|NSR0[23]|TEA01|BOOT2)$/.test(name)) break;
    names.push(name);
  }
  if (names.some((name) => name.startsWith('NSR'))) return;
  if (names.includes('CD001')) {
    throw new Failure('recipe', {
      what: `${disc.name} has no UDF file system, only ISO 9660.`,
      expected: 'a disc of Windows, whose files are in UDF',
      hint: 'Take the ISO as its maker offers it, or make it again with UDF (genisoimage -udf).',
    });
  }
  throw new Failure('recipe', {
    what: `${disc.name} is no image of a disc.`,
    expected: 'an ISO with volume descriptors from byte 32768 on',
    found: disc.bytes < (RECOGNITION + 1) * BLOCK ? `${disc.bytes} bytes` : 'none',
  });
}

/** The volume has one map of one plain partition; metadata, virtual and sparable ones are of discs that are written to (UDF 2.2.8 to 2.2.10). */
function partitionNumber(disc: Disc, logical: Buffer): number {
  const maps = logical.readUInt32LE(268);
  const [type, length] = [logical.readUInt8(440), logical.readUInt8(441)];
  if (maps === 1 && type === 1 && length === 6) return logical.readUInt16LE(444);
  const kind = type === 1 ? '' : ` (${logical.toString('latin1', 445, 468).replaceAll(/[^ -~]/g, '')})`;
  throw otherKind(disc, 'one partition of the plain kind', `${maps} of type ${type}${kind}`);
}

function descriptorsOf(disc: Disc, first: number, count: number): Buffer[] {
  const found: Buffer[] = [];
  for (let index = 0; index < Math.min(count, MOST_DESCRIPTORS); index++) {
    const bytes = readDisc(disc, (first + index) * BLOCK, BLOCK);
    const tag = bytes.readUInt16LE(0);
    if (tag === TAG.terminating || tag === 0) break;
    // A sequence that goes on elsewhere is one that was written to (ECMA-167 3/8.4.2.2).
    if (tag === TAG.pointer)
      throw otherKind(disc, 'one sequence of volume descriptors', 'one that goes on elsewhere');
    requireTag(disc, bytes, tag);
    found.push(bytes);
  }
  return found;
}

function required(disc: Disc, all: readonly Buffer[], tag: number, words: string): Buffer {
  const found = all.find((each) => each.readUInt16LE(0) === tag);
  if (found !== undefined) return found;
  throw damagedDisc(disc.name, words, 'none');
}

function descriptor(disc: Disc, sector: number, tag: number): Buffer {
  const bytes = readDisc(disc, sector * BLOCK, BLOCK);
  requireTag(disc, bytes, tag);
  return bytes;
}

/** Identifier and checksum of a descriptor's tag (ECMA-167 3/7.2). @throws Failure of kind `integrity` */
export function requireTag({ name }: Disc, bytes: Buffer, tag: number): void {
  const found = bytes.readUInt16LE(0);
  const sum = bytes
    .subarray(0, 16)
    .reduce((all, byte, index) => (index === 4 ? all : (all + byte) & 0xff), 0);
  if (found === tag && sum === bytes.readUInt8(4)) return;
  throw damagedDisc(
    name,
    `a descriptor of kind ${tag}`,
    found === tag ? 'one whose checksum is wrong' : `kind ${found}`,
  );
}

function otherKind({ name }: Disc, expected: string, found: string): Failure {
  return new Failure('recipe', {
    what: `The UDF file system of ${name} is of a kind that is not read.`,
    expected,
    found,
  });
}

/** A file system that is not as the standard has it. */
export function damagedDisc(name: string, expected: string, found: string): Failure {
  return new Failure('integrity', {
    what: `The UDF file system of ${name} is damaged.`,
    expected,
    found,
    hint: 'Compare its digest with the one that its maker tells, and get it again.',
  });
}

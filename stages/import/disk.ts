/** What lies in a disk image: its file systems, told by their own signatures. */
import { open } from 'node:fs/promises';
import { SECTOR } from '../../artifacts/formats/disk-layout.js';
import { type ReadTable, readPartitionTable } from '../../artifacts/formats/partition-table.js';
import { readAll } from '../../artifacts/formats/sparse.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';

export type Content =
  | 'ext4'
  | 'FAT'
  | 'swap'
  | 'LUKS'
  | 'LVM'
  | 'btrfs'
  | 'XFS'
  | 'F2FS'
  | 'squashfs'
  | 'nothing known';

export interface Part {
  /** 0: the whole image, which has no partition table. */
  readonly number: number;
  /** Bytes from the image's start. */
  readonly offset: number;
  readonly bytes: number;
  readonly content: Content;
  /** By which fstab(5) may name it: `PARTUUID=…`, `UUID=…`, `LABEL=…`. */
  readonly names: readonly string[];
}

/** Bytes of a partition that hold every signature that is looked at. */
const HEAD_BYTES = 0x11000;

const SIGNATURES: readonly (readonly [at: number, magic: string, content: Content])[] = [
  [0, 'LUKS\xba\xbe', 'LUKS'],
  [0x200, 'LABELONE', 'LVM'],
  [0x10040, '_BHRfS_M', 'btrfs'],
  [0, 'XFSB', 'XFS'],
  [0x400, '\x10\x20\xf5\xf2', 'F2FS'],
  [0, 'hsqs', 'squashfs'],
  [0xff6, 'SWAPSPACE2', 'swap'],
  [0x438, '\x53\xef', 'ext4'],
  [0x52, 'FAT32', 'FAT'],
  [0x36, 'FAT1', 'FAT'],
];

/** Pure: what a partition holds, by its first bytes. */
export function contentOf(head: Buffer): Content {
  const found = SIGNATURES.find(([at, magic]) => head.toString('latin1', at, at + magic.length) === magic);
  return found?.[2] ?? 'nothing known';
}

/**
 * @param name how messages call the image
 * @throws Failure of kind `integrity` for an image that is cut short or has neither a table nor a file system
 */
export async function partsOf(image: string, name: string, run: Ports['run']): Promise<readonly Part[]> {
  const file = await open(image);
  try {
    const { size } = await file.stat();
    const head = async (offset: number) => {
      const bytes = Buffer.alloc(HEAD_BYTES);
      return bytes.subarray(0, await readAll(file, bytes, offset));
    };
    const whole = await head(0);
    const table = await tableOf(image, run);
    // A file system with boot code looks like a table to some tools; with partitions it is one.
    if (table === undefined || table.partitions.length === 0) {
      const content = contentOf(whole);
      if (content === 'nothing known') throw noTable(name, 'neither');
      return [{ number: 0, offset: 0, bytes: size, content, names: fileSystemNames(content, whole) }];
    }
    if (table.table === 'mbr' && table.partitions.some(({ type }) => type === PROTECTIVE))
      throw noTable(name, 'an MBR that stands before a GPT, and no GPT that can be read');
    const parts: Part[] = [];
    for (const { number, firstLba, sectors, guid } of table.partitions) {
      const [offset, bytes] = [firstLba * SECTOR, sectors * SECTOR];
      if (offset + bytes > size) {
        throw new Failure('integrity', {
          what: `Partition ${number} of ${name} reaches beyond its end.`,
          expected: `at least ${offset + bytes} bytes`,
          found: `${size} bytes`,
          hint: 'The image is cut short: download it again.',
        });
      }
      const own = await head(offset);
      const content = contentOf(own);
      const id = guid ?? `${table.identity}-${number.toString(16).padStart(2, '0')}`;
      parts.push({
        ...{ number, offset, bytes, content },
        names: [`PARTUUID=${id}`, ...fileSystemNames(content, own)],
      });
    }
    return parts;
  } finally {
    await file.close();
  }
}

async function tableOf(image: string, run: Ports['run']): Promise<ReadTable | undefined> {
  return readPartitionTable(run, image).catch((error: unknown) => {
    if (Failure.from(error).kind === 'tool') return undefined;
    throw error;
  });
}

/** What an MBR says that only keeps tools which know no GPT away from it (UEFI 2.10, 5.2.3). */
const PROTECTIVE = 'ee';

function noTable(name: string, found: string): Failure {
  return new Failure('integrity', {
    what: `${name} is no disk image.`,
    expected: 'a GPT or MBR partition table, or an ext4 file system',
    found,
    hint: 'Give the image of a whole disk, a tar, or a folder.',
  });
}

/** UUID and label as blkid(8) tells them. */
function fileSystemNames(content: Content, head: Buffer): string[] {
  const text = (at: number, length: number) =>
    head.toString('latin1', at, at + length).replace(/[\0 ]+$/, '');
  const names = (uuid: string, label: string) => [
    `UUID=${uuid}`,
    ...(label === '' || label === 'NO NAME' ? [] : [`LABEL=${label}`]),
  ];
  if (content === 'ext4') {
    const hex = head.toString('hex', 0x468, 0x478);
    return names(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), text(0x478, 16));
  }
  if (content !== 'FAT') return [];
  const at = contentOf(head.subarray(0, 0x60)) === 'FAT' && text(0x52, 5) === 'FAT32' ? 0x43 : 0x27;
  const serial = head.readUInt32LE(at).toString(16).toUpperCase().padStart(8, '0');
  return names(`${serial.slice(0, 4)}-${serial.slice(4)}`, text(at + 4, 11));
}

/**
 * cpio archives in the `newc` format, as the kernel unpacks them from an initramfs
 * (Linux Documentation/driver-api/early-userspace/buffer-format.rst).
 */
import { Failure } from '../../base/failure.js';

interface CpioCommon {
  /** Path without a leading slash, `/`-separated. Directories that the system lacks must come before their files. */
  readonly path: string;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type CpioEntry =
  | (CpioCommon & { readonly type: 'file'; readonly content: Uint8Array })
  | (CpioCommon & { readonly type: 'directory' })
  | (CpioCommon & { readonly type: 'symlink'; readonly target: string });

/** An entry as read: `special` is a device node, FIFO or socket. */
export type ReadCpioEntry = (CpioEntry | (CpioCommon & { readonly type: 'special' })) & {
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly inode: number;
};

const MAGIC = '070701';
/** Like MAGIC, with a checksum; rarely written, and accepted by the kernel. */
const MAGIC_CRC = '070702';
const HEADER = 110;
const TRAILER = 'TRAILER!!!';
/** GNU cpio's default block: archives end on a multiple, and the kernel skips the zeros before the next one. */
const BLOCK = 512;
const MAX = 0xffffffff;

const FORMAT_BITS = { file: 0o100000, directory: 0o040000, symlink: 0o120000 } as const;

/**
 * The archive's bytes: entries in the order given, inode numbers from 1, every time `mtime` (seconds since 1970).
 * @throws Failure of kind `usage` for a path, an owner, a mode or a size that the format cannot hold.
 */
export function writeCpio(entries: readonly CpioEntry[], mtime = 0): Buffer {
  const parts: Buffer[] = [];
  const seen = new Set<string>();
  entries.forEach((entry, index) => {
    checkEntry(entry);
    if (seen.has(entry.path)) throw unfit(entry.path, 'a path once only', 'the path twice');
    seen.add(entry.path);
    parts.push(...encode(entry, index + 1, mtime));
  });
  parts.push(header({ name: TRAILER, inode: 0, mode: 0, uid: 0, gid: 0, links: 1, mtime: 0, size: 0 }));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  parts.push(Buffer.alloc(-length & (BLOCK - 1)));
  return Buffer.concat(parts);
}

function encode(entry: CpioEntry, inode: number, mtime: number): Buffer[] {
  const data = contentOf(entry);
  const head = header({
    name: entry.path,
    inode,
    mode: FORMAT_BITS[entry.type] | entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    links: entry.type === 'directory' ? 2 : 1,
    mtime,
    size: data.length,
  });
  return [head, data, Buffer.alloc(-data.length & 3)];
}

function contentOf(entry: CpioEntry): Buffer {
  if (entry.type === 'file') {
    return Buffer.from(entry.content.buffer, entry.content.byteOffset, entry.content.byteLength);
  }
  return entry.type === 'symlink' ? Buffer.from(entry.target) : Buffer.alloc(0);
}

interface Header {
  readonly name: string;
  readonly inode: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly mtime: number;
  readonly size: number;
}

function header(of: Header): Buffer {
  // The kernel counts bytes, not characters, and wants the NUL counted.
  const name = Buffer.from(`${of.name}\0`);
  const device = [0, 0, 0, 0];
  const fields = [of.inode, of.mode, of.uid, of.gid, of.links, of.mtime, of.size, ...device, name.length, 0];
  const text = MAGIC + fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0')).join('');
  return Buffer.concat([Buffer.from(text, 'latin1'), name, Buffer.alloc(-(HEADER + name.length) & 3)]);
}

function checkEntry(entry: CpioEntry): void {
  const { path, mode, uid, gid } = entry;
  const plain = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!plain || path.includes('\0') || path === TRAILER) {
    throw unfit(path, 'a relative path without empty, `.` and `..` parts', JSON.stringify(path));
  }
  if (entry.type === 'symlink' && (entry.target === '' || entry.target.includes('\0'))) {
    throw unfit(path, 'a link target that is not empty and without NUL', JSON.stringify(entry.target));
  }
  if (!isUint(mode, 0o7777)) throw unfit(path, 'a mode from 0 to 07777', `0${mode.toString(8)}`);
  if (!isUint(uid, MAX)) throw unfit(path, `an owner from 0 to ${MAX}`, String(uid));
  if (!isUint(gid, MAX)) throw unfit(path, `a group from 0 to ${MAX}`, String(gid));
  if (entry.type === 'file' && entry.content.length > MAX) {
    throw unfit(path, `at most ${MAX} bytes`, `${entry.content.length} bytes`);
  }
}

function isUint(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function unfit(path: string, expected: string, found: string): Failure {
  return new Failure('usage', {
    what: `The path ${JSON.stringify(path)} cannot stand in a cpio archive.`,
    expected,
    found,
  });
}

/**
 * Reads all entries of one archive; what follows its trailer is not looked at.
 * @throws Failure of kind `integrity` with the offset of the first thing that is wrong.
 */
export function readCpio(archive: Buffer): ReadCpioEntry[] {
  const entries: ReadCpioEntry[] = [];
  for (let at = 0; ; ) {
    const magic = archive.toString('latin1', at, at + 6);
    if (magic !== MAGIC && magic !== MAGIC_CRC) throw broken(at, `the magic ${MAGIC}`, JSON.stringify(magic));
    const fields = readFields(archive, at);
    const [inode, mode, uid, gid, , mtime, size, , , , , nameSize] = fields as [...number[]] & Fields;
    const nameEnd = at + HEADER + nameSize;
    if (nameSize < 1 || archive[nameEnd - 1] !== 0) throw broken(at, 'a name that ends in NUL', 'none');
    const path = archive.toString('utf8', at + HEADER, nameEnd - 1);
    if (path === TRAILER) return entries;
    const start = (nameEnd + 3) & ~3;
    if (start + size > archive.length) throw broken(at, `${size} bytes of content`, 'the end of the archive');
    const content = archive.subarray(start, start + size);
    const common = { path, mode: mode & 0o7777, uid, gid, mtime, inode };
    entries.push(decode(common, mode & 0o170000, content));
    at = (start + size + 3) & ~3;
  }
}

type Fields = [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

function readFields(archive: Buffer, at: number): number[] {
  const text = archive.toString('latin1', at + 6, at + HEADER);
  if (!/^[0-9a-fA-F]{104}$/.test(text)) throw broken(at, '13 fields of 8 hex digits', JSON.stringify(text));
  return Array.from({ length: 13 }, (_, index) => Number.parseInt(text.slice(index * 8, index * 8 + 8), 16));
}

function decode(
  common: CpioCommon & { mtime: number; inode: number },
  format: number,
  content: Buffer,
): ReadCpioEntry {
  switch (format) {
    case FORMAT_BITS.file:
      return { ...common, type: 'file', content };
    case FORMAT_BITS.directory:
      return { ...common, type: 'directory' };
    case FORMAT_BITS.symlink:
      return { ...common, type: 'symlink', target: content.toString('utf8') };
    default:
      return { ...common, type: 'special' };
  }
}

function broken(at: number, expected: string, found: string): Failure {
  return new Failure('integrity', { what: `The cpio archive is broken at byte ${at}.`, expected, found });
}

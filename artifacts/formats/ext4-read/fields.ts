/**
 * The fields of superblock and inode, so that a byte that differs has a name.
 * Facts: Linux Documentation/filesystems/ext4 (super.rst, inodes.rst).
 */

/** What kind of value it is, which decides how it is shown. */
type Form = 'number' | 'time' | 'octal' | 'bytes' | 'text';

export interface Field {
  readonly at: number;
  readonly length: number;
  readonly name: string;
  readonly form: Form;
  /** Follows from other bytes: a checksum, a count of what is free, where content stands. */
  readonly derived: boolean;
}

function field(at: number, length: number, name: string, form: Form = 'number', derived = false): Field {
  return { at, length, name, form, derived };
}

const derived = (at: number, length: number, name: string) => field(at, length, name, 'bytes', true);

/** Offsets from the start of the inode. */
export const INODE_FIELDS: readonly Field[] = [
  field(0x00, 2, 'mode', 'octal'),
  field(0x02, 2, 'owner'),
  // Those of files are compared as such; a directory's follows from its entries, as its link count does.
  field(0x04, 4, 'size', 'number', true),
  field(0x08, 4, 'access time', 'time'),
  field(0x0c, 4, 'change time', 'time'),
  field(0x10, 4, 'modification time', 'time'),
  field(0x14, 4, 'deletion time', 'time'),
  field(0x18, 2, 'group'),
  field(0x1a, 2, 'link count', 'number', true),
  derived(0x1c, 4, 'block count'),
  field(0x20, 4, 'flags', 'bytes'),
  field(0x24, 4, 'version'),
  derived(0x28, 60, 'block map'),
  field(0x64, 4, 'generation'),
  derived(0x68, 4, 'attribute block'),
  field(0x6c, 4, 'size, upper half', 'number', true),
  derived(0x74, 2, 'block count, upper half'),
  derived(0x76, 2, 'attribute block, upper half'),
  field(0x78, 2, 'owner, upper half'),
  field(0x7a, 2, 'group, upper half'),
  derived(0x7c, 2, 'checksum'),
  field(0x80, 2, 'size of the extra fields'),
  derived(0x82, 2, 'checksum, upper half'),
  field(0x84, 4, 'change time, nanoseconds'),
  field(0x88, 4, 'modification time, nanoseconds'),
  field(0x8c, 4, 'access time, nanoseconds'),
  field(0x90, 4, 'creation time', 'time'),
  field(0x94, 4, 'creation time, nanoseconds'),
  field(0x98, 4, 'version, upper half'),
  field(0x9c, 4, 'project'),
  field(0xa0, 0x60, 'extended attributes', 'bytes'),
];

/** Offsets from the start of the superblock. */
export const SUPERBLOCK_FIELDS: readonly Field[] = [
  field(0x00, 4, 'inode count'),
  field(0x04, 4, 'block count'),
  field(0x08, 4, 'reserved block count'),
  derived(0x0c, 4, 'free block count'),
  derived(0x10, 4, 'free inode count'),
  field(0x2c, 4, 'mount time', 'time'),
  field(0x30, 4, 'write time', 'time'),
  field(0x34, 2, 'mount count'),
  field(0x3a, 2, 'state', 'bytes'),
  field(0x40, 4, 'check time', 'time'),
  field(0x5c, 12, 'features', 'bytes'),
  field(0x68, 16, 'UUID', 'bytes'),
  field(0x78, 16, 'label', 'text'),
  field(0x88, 64, 'last mount point', 'text'),
  field(0xd0, 16, 'journal UUID', 'bytes'),
  field(0xec, 16, 'hash seed', 'bytes'),
  field(0x108, 4, 'creation time', 'time'),
  derived(0x10c, 68, 'copy of the journal’s block map'),
  derived(0x150, 4, 'block count, upper half'),
  derived(0x158, 4, 'free block count, upper half'),
  derived(0x178, 8, 'kilobytes written'),
  field(0x194, 4, 'error count'),
  derived(0x248, 4, 'blocks of metadata'),
  derived(0x3fc, 4, 'checksum'),
];

/**
 * The field that tells most of why two records differ: the first that does not follow from others.
 * Undefined when only bytes without a name differ.
 */
export function differingField(fields: readonly Field[], a: Buffer, b: Buffer): Field | undefined {
  const differing = fields.filter(
    ({ at, length }) => !a.subarray(at, at + length).equals(b.subarray(at, at + length)),
  );
  return differing.find((each) => !each.derived) ?? differing[0];
}

/** `2026-01-01T00:00:00Z`, `0644`, `1200`, `"root"` or hex digits. */
export function showField({ at, length, form }: Field, bytes: Buffer): string {
  const value = bytes.subarray(at, at + length);
  if (form === 'text') return JSON.stringify(value.toString('latin1').replace(/\0.*$/s, ''));
  if (form === 'bytes' || length > 6) return value.toString('hex');
  const number = value.readUIntLE(0, length);
  if (form === 'octal') return `0${number.toString(8)}`;
  return form === 'time' ? new Date(number * 1000).toISOString().replace('.000', '') : String(number);
}

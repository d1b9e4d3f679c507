/**
 * All files of a Btrfs, read from the image without mounting it: one walk through its tree, whose items are sorted by inode.
 * Facts: Linux include/uapi/linux/btrfs_tree.h.
 */

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { shownName, utf8Name } from '../../../base/utf8-name.js';
import { BLOCK } from '../ext4-size.js';
import type { Extent } from '../file-tree/content.js';
import type { FileEntry, FileTree, TreeInode } from '../file-tree/tree.js';
import { type FileType, TYPES } from '../file-tree/tree.js';
import { damaged, readVolume, type Volume } from '../file-tree/volume.js';
import { ITEM_TYPES, type Item, type Nodes, number, openNodes } from './nodes.js';

const FILES = 5;
/** The inode of the file system's own directory. */
export const ROOT = 256;
/** In the root item: where the tree begins. */
const ROOT_NODE = 176;
/** Seconds and nanoseconds of the inode, in the order of TIMES. */
const TIMES_AT = [112, 124, 136, 148] as const;
/** Where the rest of it stands that is read here. */
export const INODE_FIELDS = { size: 16, uid: 44, gid: 48, mode: 52, device: 56 } as const;
/** Head of an entry of a directory, and of an extended attribute. */
const ENTRY = 30;
const INLINE = 0;
const WRITTEN = 1;

interface Found extends TreeInode {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly device: string;
  readonly extents: Extent[];
  readonly attributes: string[];
  readonly names: (readonly [name: Buffer, inode: number])[];
}

/** @throws Failure of kind `integrity`, also for what mkfs.btrfs does not write: compressed files, several disks, subvolumes */
export async function readBtrfsTree(volume: Volume): Promise<FileTree> {
  const nodes = await openNodes(volume);
  const inodes = await readInodes(volume, nodes);
  const targets = new Map<number, Buffer>();
  for (const [inode, { type, inline }] of inodes)
    if (type === 'symlink' && inline !== undefined)
      targets.set(inode, await readVolume(volume, inline.at, inline.length));
  const files = new Map<string, FileEntry>();
  const open: (readonly [path: string, bytes: Buffer, inode: number])[] = [['/', Buffer.from('/'), ROOT]];
  const seen = new Set<number>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, bytes, inode] = next;
    const found = inodes.get(inode);
    if (found === undefined) throw damaged(volume, `inode ${inode} of ${path}`, 'none');
    const { type, mode, uid, gid, size, attributes, device, names } = found;
    if (files.has(path)) throw damaged(volume, `one file ${path}`, 'two');
    const target = targets.get(inode);
    files.set(path, {
      ...{ path, inode, type, mode, uid, gid, size, attributes: attributes.sort() },
      ...(target === undefined ? {} : { target: text(target) }),
      ...(target === undefined || isUtf8(target) ? {} : { targetBytes: target }),
      ...(type.endsWith('device') ? { device } : {}),
      ...(isUtf8(bytes) ? {} : { pathBytes: bytes }),
    });
    if (type !== 'directory') continue;
    if (seen.has(inode)) throw damaged(volume, `one name of inode ${inode}`, path);
    seen.add(inode);
    const base = path === '/' ? '' : path;
    const before = path === '/' ? Buffer.alloc(0) : bytes;
    for (const [name, child] of names)
      open.push([`${base}/${text(name)}`, Buffer.concat([before, Buffer.from('/'), name]), child]);
  }
  return { inodes, files };
}

/** The items of all files, in the order of their inodes. */
export async function* fileItems(volume: Volume, nodes: Nodes): AsyncGenerator<Item> {
  let root: number | undefined;
  for await (const { object, type, bytes } of nodes.items(nodes.root))
    if (object === FILES && type === ITEM_TYPES.root) root = number(volume, bytes, ROOT_NODE);
  if (root === undefined) throw damaged(volume, 'a tree of files', 'none');
  yield* nodes.items(root);
}

async function readInodes(volume: Volume, nodes: Nodes): Promise<Map<number, Found>> {
  const inodes = new Map<number, Found>();
  for await (const item of fileItems(volume, nodes)) {
    if (item.type === ITEM_TYPES.inode) inodes.set(item.object, inodeOf(volume, item));
    const inode = inodes.get(item.object);
    if (inode === undefined) continue;
    if (item.type === ITEM_TYPES.attribute) inode.attributes.push(...attributesOf(volume, item));
    else if (item.type === ITEM_TYPES.directoryIndex) inode.names.push(nameOf(volume, item));
    else if (item.type === ITEM_TYPES.extent) addExtent(volume, nodes, item, inode);
  }
  return inodes;
}

function inodeOf(volume: Volume, { object, bytes }: Item): Found {
  if (bytes.length < 160) throw damaged(volume, `inode ${object}`, `${bytes.length} bytes`);
  const mode = bytes.readUInt32LE(INODE_FIELDS.mode);
  const type: FileType | undefined = TYPES[mode >>> 12];
  if (type === undefined) throw damaged(volume, `a mode of inode ${object}`, mode.toString(8));
  const rdev = bytes.readBigUInt64LE(INODE_FIELDS.device);
  return {
    ...{ type, mode: mode & 0o7777, size: number(volume, bytes, INODE_FIELDS.size) },
    ...{ uid: bytes.readUInt32LE(INODE_FIELDS.uid), gid: bytes.readUInt32LE(INODE_FIELDS.gid) },
    // As the kernel has it, not stat(2).
    device: `${rdev >> 20n}:${rdev & 0xfffffn}`,
    times: TIMES_AT.map(
      (at) => bytes.readBigInt64LE(at) * 1_000_000_000n + BigInt(bytes.readUInt32LE(at + 8)),
    ),
    ...{ extents: [], attributes: [], names: [] },
  };
}

function* entriesOf(volume: Volume, { object, bytes }: Item) {
  for (let at = 0; at < bytes.length; ) {
    const name = at + ENTRY;
    const value = name + (name > bytes.length ? 0 : bytes.readUInt16LE(at + 27));
    const end = value + (name > bytes.length ? 0 : bytes.readUInt16LE(at + 25));
    if (name > bytes.length || end > bytes.length)
      throw damaged(volume, `entries of inode ${object}`, 'half of one');
    yield { at, name: bytes.subarray(name, value), value: bytes.subarray(value, end) };
    at = end;
  }
}

function attributesOf(volume: Volume, item: Item): string[] {
  return [...entriesOf(volume, item)].map(({ name, value }) => `${name.toString()}=${value.toString('hex')}`);
}

function nameOf(volume: Volume, item: Item): readonly [name: Buffer, inode: number] {
  const [entry] = entriesOf(volume, item);
  const odd = (name: Buffer) => name.length === 0 || name.includes(0) || name.includes(0x2f) || isDots(name);
  if (entry === undefined || odd(entry.name))
    throw damaged(
      volume,
      `names of files in directory ${item.object}`,
      JSON.stringify(entry?.name.toString()),
    );
  if (item.bytes[entry.at + 8] !== ITEM_TYPES.inode)
    throw damaged(volume, 'a Btrfs without subvolumes', entry.name.toString());
  return [Buffer.from(entry.name), number(volume, item.bytes, entry.at)];
}

function isDots(name: Buffer): boolean {
  return name.equals(Buffer.from('.')) || name.equals(Buffer.from('..'));
}

function addExtent(volume: Volume, nodes: Nodes, { object, offset, bytes, at }: Item, inode: Found): void {
  const kind = bytes[20];
  if (bytes.length < 21 || bytes[16] !== 0 || bytes[17] !== 0 || (kind !== INLINE && bytes.length < 53))
    throw damaged(volume, `a file without compression as inode ${object}`, 'another');
  if (kind === INLINE) {
    // Of a link mkfs.btrfs writes the NUL behind it too.
    const content = bytes.subarray(21, 21 + inode.size);
    const digest = createHash('sha256').update(content).digest('hex');
    Object.assign(inode, { inline: { at: at + 21, length: content.length, digest } });
    return;
  }
  const logical = number(volume, bytes, 21);
  if (logical === 0) return;
  const size = number(volume, bytes, 45);
  const [start, length] = [offset / BLOCK, size / BLOCK];
  const physical = nodes.place(logical + number(volume, bytes, 37), size) / BLOCK;
  if (![start, length, physical].every(Number.isInteger))
    throw damaged(volume, `whole blocks of inode ${object}`, `${length * BLOCK} bytes at ${offset}`);
  if (start < (inode.extents.at(-1)?.end ?? 0))
    throw damaged(volume, `extents of inode ${object} in order`, `one at byte ${offset}`);
  inode.extents.push({ start, end: start + length, physical, unwritten: kind !== WRITTEN });
}

/** Two names never look the same. */
function text(bytes: Buffer): string {
  return utf8Name(bytes) ?? shownName(bytes);
}

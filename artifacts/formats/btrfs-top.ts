/**
 * The top directory of a Btrfs, which mkfs.btrfs(8) makes anew: of mode 0755, of root. Facts: btrfs-progs 6.2, mkfs/rootdir.c
 * (traverse_directory).
 */
import { open } from 'node:fs/promises';
import { ITEM_TYPES, openNodes, sumOf } from './btrfs-read/nodes.js';
import { fileItems, INODE_FIELDS, ROOT } from './btrfs-read/tree.js';
import { damaged } from './file-tree/volume.js';
import { readAt, writeAt } from './sparse.js';
import type { TopDirectory } from './tree-size.js';

/** Sets its mode and owner in the one node that tells of it. @param path the file system, not mounted */
export async function setBtrfsTop(path: string, { mode, uid, gid }: TopDirectory): Promise<void> {
  const { item, node } = await findTop(path);
  const bytes = await readAt(path, node.at, node.length);
  const inode = bytes.subarray(item - node.at);
  const type = inode.readUInt32LE(INODE_FIELDS.mode) & ~0o7777;
  inode.writeUInt32LE(type | mode, INODE_FIELDS.mode);
  inode.writeUInt32LE(uid, INODE_FIELDS.uid);
  inode.writeUInt32LE(gid, INODE_FIELDS.gid);
  bytes.writeUInt32LE(sumOf(bytes));
  await writeAt(path, node.at, bytes);
}

async function findTop(path: string) {
  await using file = await open(path);
  const volume = { file, offset: 0, name: path };
  for await (const { object, type, at, node } of fileItems(volume, await openNodes(volume)))
    if (object === ROOT && type === ITEM_TYPES.inode) return { item: at, node };
  throw damaged(volume, 'a top directory', 'none');
}

/** Looks into LUN images with tools that had no part in writing them. */
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Manifest } from '../../artifacts/release/manifest.js';

export const SECTOR = 512;

export type ManifestPartition = Manifest['disk']['partitions'][number];

/** The one partition of a manifest with this name. */
export function partition(manifest: Manifest, name: string): ManifestPartition {
  const found = manifest.disk.partitions.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no partition ${name}`);
  return found;
}

/** The root file system of an image, mounted read-only by fuse2fs while `look` runs. */
export async function withRootFs<T>(
  image: string,
  root: ManifestPartition,
  look: (mounted: string) => Promise<T>,
): Promise<T> {
  const at = await mkdtemp(join(tmpdir(), 'lunsmith-fuse-'));
  await execa('fuse2fs', ['-o', `ro,norecovery,fakeroot,offset=${root.firstLba * SECTOR}`, image, at]);
  try {
    return await look(at);
  } finally {
    await execa('umount', [at]);
    await rmdir(at);
  }
}

/** Every path of a tree with type, mode, owner and link target, then every extended attribute; sorted lines. */
export async function fileList(tree: string): Promise<string[]> {
  const find = await execa('find', ['.', '-printf', '%P|%y|%m|%U|%G|%l\n'], { cwd: tree });
  const attributes = await execa('getfattr', ['-R', '-P', '-h', '-d', '-m', '-', '--absolute-names', '.'], {
    cwd: tree,
  });
  const files = find.stdout.split('\n').sort();
  return [...files, ...attributes.stdout.split('\n\n').sort()];
}

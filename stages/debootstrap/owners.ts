/** Folders that apt leaves to its own user, who has another id on the build host than in the image. */
import { chown } from 'node:fs/promises';
import type { RootTree } from '../rootfs/tree.js';

const FOLDERS = ['/var/lib/apt/lists/partial', '/var/cache/apt/archives/partial'];

export async function giveToApt(tree: RootTree): Promise<void> {
  const uid = /^_apt:[^:]*:([0-9]+):/m.exec((await tree.read('/etc/passwd')) ?? '')?.[1];
  if (uid === undefined) return;
  for (const path of FOLDERS) {
    const folder = await tree.resolve(path);
    if (folder !== undefined) await chown(folder, Number(uid), 0);
  }
}

/** Trees of Debian packages in Arch's layout: one /usr/bin, one /usr/lib, no multiarch folder, no documentation. */
import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** From folder to folder; what is moved first gives way to what is moved later, links to files. */
const MOVES: readonly (readonly [from: string, to: string])[] = [
  ['bin', 'usr/bin'],
  ['sbin', 'usr/bin'],
  ['usr/sbin', 'usr/bin'],
  ['lib64', 'usr/lib'],
  ['usr/lib64', 'usr/lib'],
  ['lib', 'usr/lib'],
  ['usr/lib/x86_64-linux-gnu', 'usr/lib'],
];

/** What the tests do not look at. */
const LEFT_OUT = [
  ...['bug', 'doc', 'doc-base', 'info', 'lintian', 'locale', 'man', 'menu', 'bash-completion', 'zsh'].map(
    (name) => `usr/share/${name}`,
  ),
  ...['cron.d', 'cron.daily', 'cron.weekly', 'default', 'init.d', 'init', 'logcheck', 'rcS.d', 'ufw'].map(
    (name) => `etc/${name}`,
  ),
  ...['usr/share/initramfs-tools', 'etc/initramfs-tools', 'etc/kernel', 'usr/lib/lsb'],
];

export async function toArchLayout(tree: string): Promise<void> {
  for (const path of LEFT_OUT) await rm(join(tree, path), { recursive: true, force: true });
  for (const [from, to] of MOVES) await merge(join(tree, from), join(tree, to));
}

async function kindOf(path: string): Promise<'folder' | 'link' | 'file' | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'file';
}

/** Moves all that is in one folder into another; a file wins over a link, which may have led to it. */
async function merge(from: string, to: string): Promise<void> {
  if ((await kindOf(from)) !== 'folder') return;
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    const [mine, there] = [await kindOf(source), await kindOf(target)];
    if (mine === 'folder' && there === 'folder') await merge(source, target);
    else if (there === undefined || mine !== 'link') await rename(source, target);
    else await rm(source);
  }
  await rmdir(from);
}

/** The files of a release's initramfs, as the kernel finds them: what comes later replaces what came before. */
import { posix } from 'node:path';
import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import type { ReadCpioEntry } from '../../formats/cpio.js';
import { readInitramfs } from '../initramfs.js';
import type { Release } from '../release.js';
import { readReleaseFile } from '../release-file.js';
import { artifactOf } from '../roles.js';
import type { Contents, Entry } from './contents.js';

/** @throws Failure of kind `usage` when the release has none, `integrity` when it cannot be unpacked */
export async function openInitramfs(release: Release, ports: Ports): Promise<Contents> {
  const { manifest } = release;
  const artifact = artifactOf(manifest, 'initramfs');
  if (artifact === undefined) {
    throw new Failure('usage', { what: `The release of ${manifest.recipe.name} has no initramfs.` });
  }
  const archives = await readInitramfs(await readReleaseFile(release, artifact.path), ports);
  if (archives === undefined) {
    throw new Failure('integrity', {
      what: `The initramfs ${artifact.path} cannot be unpacked.`,
      expected: 'cpio archives, the last perhaps compressed by zstd, gzip, xz or lz4',
      hint: 'Check the release with `npx lunsmith inspect`.',
    });
  }
  const entries = new Map<string, Entry>();
  addFolders(entries, '/');
  for (const members of archives) {
    const linked = contentByInode(members);
    for (const member of members) {
      const path = posix.join('/', member.path);
      addFolders(entries, posix.dirname(path));
      entries.set(path, entryOf(path, member, linked));
    }
  }
  return { entries, unread: new Map(), [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Of a file with several hard links only the last name in the archive has the content, see cpio(5). */
function contentByInode(members: readonly ReadCpioEntry[]): ReadonlyMap<number, Buffer> {
  return new Map(
    members.flatMap((member) =>
      member.type === 'file' && member.content.length > 0
        ? [[member.inode, Buffer.from(member.content)] as const]
        : [],
    ),
  );
}

function entryOf(path: string, member: ReadCpioEntry, linked: ReadonlyMap<number, Buffer>): Entry {
  const { mode, uid, gid } = member;
  const common = { path, mode, uid, gid };
  if (member.type === 'file') {
    const content = linked.get(member.inode) ?? Buffer.alloc(0);
    return {
      ...common,
      type: 'file',
      size: content.length,
      content: () => [content],
    };
  }
  if (member.type === 'symlink') {
    return { ...common, type: 'symlink', size: member.target.length, target: member.target };
  }
  return { ...common, type: member.type === 'special' ? 'special file' : member.type, size: 0 };
}

/** Archives name folders before what is in them, or leave them out. */
function addFolders(entries: Map<string, Entry>, path: string): void {
  if (entries.has(path)) return;
  entries.set(path, { path, type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0 });
  if (path !== '/') addFolders(entries, posix.dirname(path));
}

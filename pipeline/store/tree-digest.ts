/** Digests by which damage of a store's entry is found: a quick one of what a walk shows, and one of all contents. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256OfText } from '../../base/digest.js';
import type { Ports } from '../../base/ports.js';

export interface TreeListing {
  /** Lower-case hex sha256 of names, kinds, owners, modes, sizes, times and link targets. */
  readonly listing: string;
  readonly entries: number;
  /** What files allocate. */
  readonly bytes: number;
}

/** Kind, mode, owner, group, size (of files), time, name, link target; find(1) `-printf`. */
const FORMAT = '%y %m %U %G %s %T@ %b %P %l\\0';

/** Walks a folder without reading a file. Runs where the owners are seen as they are written: in the sandbox. */
export async function listTree(folder: string, { run }: Pick<Ports, 'run'>): Promise<TreeListing> {
  const { stdout } = await run(['find', folder, '-mindepth', '1', '-printf', FORMAT], {
    doing: 'list a folder of the store',
    quiet: true,
  });
  const lines = stdout.split('\0').filter((line) => line !== '');
  let bytes = 0;
  const facts = lines.map((line) => {
    const [kind = '', mode, uid, gid, size, time, blocks, ...rest] = line.split(' ');
    bytes += Number(blocks) * 512;
    // A directory's size is the file system's affair.
    return [kind, mode, uid, gid, kind === 'd' ? '' : size, time, ...rest].join(' ');
  });
  return { listing: sha256(facts.sort().join('\0')), entries: lines.length, bytes };
}

/**
 * What a digest of contents is of: a tar stream, since that is what knows contents, extended attributes (file capabilities,
 * the marks of overlayfs) and hard links. Nothing in it depends on the moment, the place, or the order of a directory.
 */
export const TAR_STREAM = [
  '--format=posix',
  '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
  '--sort=name',
  '--numeric-owner',
  '--xattrs',
  '--xattrs-include=*',
] as const;

/**
 * Lower-case hex sha256 of all that is below a folder. Runs where the owners are seen as they are written: in the sandbox.
 * @param without paths below the folder, with a `/` before, that are left out with all that is in them
 */
export async function digestContents(
  folder: string,
  { run }: Pick<Ports, 'run'>,
  without: readonly string[] = [],
): Promise<string> {
  // tar(1) pipes its stream into the program that should compress it, whose output is the digest.
  const digest = ['--use-compress-program=sha256sum', '--file=-'] as const;
  const left = ['--anchored', '--no-wildcards', ...without.map((path) => `--exclude=.${path}`)];
  const argv = ['tar', '--create', ...TAR_STREAM, ...digest, ...left, `--directory=${folder}`, '.'] as const;
  const { stdout } = await run(argv, { doing: 'digest a folder of the store', quiet: true });
  return stdout.slice(0, 64);
}

/** Paths of all files below a folder, relative to it and sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Where an entry of the store keeps what it is about. */
export function contentFolder(entry: string, kind: 'layer' | 'output' | 'part'): string {
  return join(entry, kind === 'layer' ? 'tree' : 'output');
}

function sha256(text: string): string {
  return sha256OfText(text);
}

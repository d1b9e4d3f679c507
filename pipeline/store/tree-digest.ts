/** Digests by which damage of a store's entry is found: a quick one of what a walk shows, and one of all contents. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Ports } from '../ports.js';

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

/** Lower-case hex sha256 of the digests of all files below a folder, by name. */
export async function digestContents(folder: string, { run }: Pick<Ports, 'run'>): Promise<string> {
  const doing = 'digest a folder of the store';
  const found = await run(['find', '.', '-type', 'f', '-size', '+0', '-print0'], {
    doing,
    quiet: true,
    cwd: folder,
  });
  if (found.stdout === '') return sha256('');
  const { stdout } = await run(['xargs', '--null', '--max-args=2000', 'sha256sum', '--zero'], {
    doing,
    quiet: true,
    cwd: folder,
    input: found.stdout,
  });
  return sha256(stdout.split('\0').sort().join('\0'));
}

/** Where an entry of the store keeps what it is about. */
export function contentFolder(entry: string, kind: 'layer' | 'output' | 'part'): string {
  return join(entry, kind === 'layer' ? 'tree' : 'output');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

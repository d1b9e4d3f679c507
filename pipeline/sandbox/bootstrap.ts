/** A host's tool that makes the root tree, confined with the programs of packages that it runs (see confine.ts). */
import { rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Argv, Ports, RunOptions, RunResult } from '../../base/ports.js';
import { type Lent, toolArgv, writeFilter } from './confine.js';
import { openNestedUser } from './nested-user.js';

export interface BootstrapWorld {
  readonly rootfs: string;
  /** Folder for temporary files. */
  readonly temporary: string | undefined;
  /** Folders that it sees, read-only. */
  readonly lent: readonly string[];
  /** What programs in the root tree see, at a path there that is removed afterwards. */
  readonly inside?: Lent | undefined;
}

export async function runBootstrap(
  { rootfs, temporary, lent, inside }: BootstrapWorld,
  argv: Argv,
  options: RunOptions,
  ports: Ports,
): Promise<RunResult> {
  const writable = temporary === undefined ? [rootfs] : [rootfs, temporary];
  const folders = [
    ...lent.map((path) => ({ from: path, at: path })),
    ...writable.map((path) => ({ from: path, at: path, writable: true })),
    ...(inside === undefined ? [] : [{ ...inside, at: join(rootfs, inside.at) }]),
  ];
  await using user = await openNestedUser(ports);
  const world = { lent: folders, user: user.path, filter: await writeFilter(dirname(rootfs)) };
  const env = { ...(temporary === undefined ? {} : { TMPDIR: temporary }), ...options.env };
  const result = await ports.run(await toolArgv(world, argv), { ...options, env, shown: argv });
  if (inside !== undefined) await removePlace(rootfs, inside.at);
  return result;
}

/** The folder that was made to mount on, and those above it that are empty now but for the first. */
async function removePlace(rootfs: string, path: string): Promise<void> {
  for (let at = path; dirname(at) !== '/'; at = dirname(at)) await rmdir(join(rootfs, at));
}

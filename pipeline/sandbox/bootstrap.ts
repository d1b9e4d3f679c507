/** A host's tool that makes the root tree, confined with the programs of packages that it runs (see confine.ts). */
import { dirname } from 'node:path';
import type { Argv, Ports, RunOptions, RunResult } from '../../base/ports.js';
import { toolArgv, writeFilter } from './confine.js';
import { openNestedUser } from './nested-user.js';

export interface BootstrapWorld {
  readonly rootfs: string;
  /** Folder for temporary files. */
  readonly temporary: string | undefined;
  /** Folders that it sees, read-only. */
  readonly lent: readonly string[];
}

export async function runBootstrap(
  { rootfs, temporary, lent }: BootstrapWorld,
  argv: Argv,
  options: RunOptions,
  ports: Ports,
): Promise<RunResult> {
  const writable = temporary === undefined ? [rootfs] : [rootfs, temporary];
  const folders = [
    ...lent.map((path) => ({ from: path, at: path })),
    ...writable.map((path) => ({ from: path, at: path, writable: true })),
  ];
  await using user = await openNestedUser(ports);
  const world = { lent: folders, user: user.path, filter: await writeFilter(dirname(rootfs)) };
  const env = { ...(temporary === undefined ? {} : { TMPDIR: temporary }), ...options.env };
  return await ports.run(await toolArgv(world, argv), { ...options, env, shown: argv });
}

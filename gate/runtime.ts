/**
 * A folder for sockets and for files that hold secrets: in memory where a tmpfs can be mounted, and reachable by a
 * path that is short enough for a socket address (unix(7): 107 bytes).
 */
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createPorts } from '../base/command.js';
import type { Ports } from '../base/ports.js';

export interface Runtime extends AsyncDisposable {
  readonly path: string;
  /** The same folder; good in this process only. */
  readonly shortPath: string;
}

export async function openRuntime(scratch: string, ports: Ports): Promise<Runtime> {
  const path = join(scratch, 'run');
  await mkdir(path, { recursive: true, mode: 0o700 });
  const mounted = await ports
    .run(['mount', '-t', 'tmpfs', '-o', 'mode=700', 'lunsmith-gate', path], {
      doing: 'make a folder in memory',
      quiet: true,
    })
    .then(
      () => true,
      () => false,
    );
  const folder = await open(path, 'r');
  return {
    path,
    shortPath: `/proc/self/fd/${folder.fd}`,
    [Symbol.asyncDispose]: async () => {
      await folder.close();
      if (mounted) {
        // An abort does not end it: a folder that is mounted on cannot be removed.
        const { run } = createPorts({ emit: () => undefined, signal: new AbortController().signal });
        await run(['umount', '--lazy', path], { doing: 'remove the folder in memory', quiet: true }).catch(
          () => undefined,
        );
      }
      if (!mounted) await rm(path, { recursive: true, force: true });
    },
  };
}

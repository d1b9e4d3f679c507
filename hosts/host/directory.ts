/** A target host that is this machine: its folder is a folder here. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { readRegular } from '../../base/regular-file.js';
import { replaceFile } from '../../base/replace-file.js';
import type { HostFacts } from '../site/facts.js';
import type { TargetHost } from './host.js';

/** Records of a host with thousands of clients have some MB. */
const MOST_BYTES = 256 * 1024 * 1024;

export function openDirectory(facts: HostFacts, { run, start }: Ports): TargetHost {
  return {
    facts,
    run,
    start: (argv, options) => start(argv, { ...options, holdInput: true }),
    write: async (path, content, { mode, group }) => {
      await mkdir(dirname(path), { recursive: true });
      const finish = async (partial: string) => {
        if (group !== undefined) await run(['chgrp', group, partial], { doing: `give ${path} to its group` });
      };
      await replaceFile(path, content, { mode, sync: true, finish });
    },
    read: (path) =>
      readRegular(path, { most: MOST_BYTES, follow: true }).then(
        (bytes) => bytes.toString('utf8'),
        (error: unknown) => {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
          throw error;
        },
      ),
    socket: (path) => Promise.resolve({ path, [Symbol.asyncDispose]: () => Promise.resolve() }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

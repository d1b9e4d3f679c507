/** A target host that is this machine: its folder is a folder here. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Ports } from '../../base/ports.js';
import type { HostFacts } from '../site/facts.js';
import type { TargetHost, WriteOptions } from './host.js';

export function openDirectory(facts: HostFacts, { run, start }: Ports): TargetHost {
  return {
    facts,
    run,
    start: (argv, options) => start(argv, { ...options, holdInput: true }),
    write: (path, content, options) => replaceFile(path, content, options, run),
    read: (path) =>
      readFile(path, 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }),
    socket: (path) => Promise.resolve({ path, [Symbol.asyncDispose]: () => Promise.resolve() }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode, group }: WriteOptions,
  run: Ports['run'],
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomUUID()}.partial`;
  try {
    const file = await open(partial, 'wx', mode);
    try {
      await file.writeFile(content);
      // The umask may have taken bits away.
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    if (group !== undefined) await run(['chgrp', group, partial], { doing: `give ${path} to its group` });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

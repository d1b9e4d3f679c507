/** Temporary roots: a build says which entries of the store it needs; they stay for as long as it runs. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { takeLease } from './lease.js';
import type { Store } from './store.js';

/** What a running build needs of the store. */
export interface TemporaryRoots {
  readonly keys: readonly string[];
  /** sha256 of package files. */
  readonly packages: readonly string[];
}

/** Held exclusively by the garbage collection, shared for the moment in which a build says what it needs. */
export function removalLock(store: Store): string {
  return join(store.path, 'locks', 'removal');
}

/** Folder of the uses; a file there whose lock is free belongs to a build that is gone. */
export function usesFolder(store: Store): string {
  return join(store.path, 'in-use');
}

/**
 * Protects entries until it is disposed of. A build calls this before it looks for an entry: what it finds then stays.
 * @param build the build's id
 */
export async function useStore(
  store: Store,
  build: string,
  use: TemporaryRoots,
  ports: Ports,
): Promise<AsyncDisposable> {
  await using _removal = await takeLease(removalLock(store), ports, { shared: true });
  const path = join(usesFolder(store), build);
  await writeFile(path, JSON.stringify(use));
  const lease = await takeLease(path, ports);
  return {
    [Symbol.asyncDispose]: async () => {
      await rm(path, { force: true });
      await lease[Symbol.asyncDispose]();
    },
  };
}

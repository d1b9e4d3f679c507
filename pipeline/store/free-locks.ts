/** Which locks of the store are free at this moment, asked for many at once. */
import type { Ports } from '../../base/ports.js';

/**
 * Those of the lock files that have no exclusive holder. To be of use the caller must keep others from taking them
 * meanwhile, see store-use.ts. A file that is not there is made, as whenever a lock is taken.
 */
export async function freeLocks(
  paths: readonly string[],
  { run }: Pick<Ports, 'run'>,
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  // Shared, so that two who ask at once are not in each other's way. xargs(1): 123 when a command ended with 1 to 125.
  const ask = ['flock', '--shared', '--nonblock', '{}', 'printf', '%s\\0', '{}'];
  const { stdout } = await run(['xargs', '--null', '--replace={}', ...ask], {
    doing: 'look which locks of the store are held',
    quiet: true,
    input: paths.join('\0'),
    okExitCodes: [0, 123],
  });
  return new Set(stdout.split('\0').filter((path) => path !== ''));
}

/** A target host that is this machine: its folder is a folder here. */
import { ownUser } from '../../base/own-user.js';
import type { Ports } from '../../base/ports.js';
import { readRegular } from '../../base/regular-file.js';
import { nearestFolder } from '../../base/writable.js';
import type { HostFacts } from '../site/facts.js';
import type { HostAccount, TargetHost } from './host.js';
import { writeBy } from './write.js';

/** Records of a host with thousands of clients have some MB. */
const MOST_BYTES = 256 * 1024 * 1024;

export function openDirectory(facts: HostFacts, { run, start }: Ports): TargetHost {
  return {
    facts,
    run,
    start: (argv, options) => start(argv, { ...options, holdInput: true }),
    write: writeBy(run, facts.root),
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

/** Who runs this, and whether they may write in the host's folder, or make it. */
export async function ownAccount({ root }: Pick<HostFacts, 'root'>): Promise<HostAccount> {
  const { name: user, uid } = ownUser();
  const { folder: at, refused } = await nearestFolder(root);
  return { user, uid, mayWrite: refused === undefined, at };
}

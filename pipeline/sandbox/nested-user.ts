/**
 * A user namespace below the sandbox's with the same ids: its root owns the files of a tree, but none of the sandbox's
 * other namespaces, so that it can change no mount that the sandbox made (mount_namespaces(7)).
 */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { mapFileText } from './id-map.js';

/** Lives until it is disposed of. */
export interface NestedUser extends AsyncDisposable {
  /** Of the namespace, for setns(2). */
  readonly path: string;
}

export async function openNestedUser(ports: Ports): Promise<NestedUser> {
  const made = new AbortController();
  const holder = await ports.start(['unshare', '--user', 'sh', '-c', 'echo made; exec cat'], {
    doing: 'make a user namespace in the sandbox',
    holdInput: true,
    quiet: true,
    onLine: (_, stream) => (stream === 'stdout' ? made.abort() : undefined),
  });
  if (!made.signal.aborted) await Promise.race([once(made.signal, 'abort'), holder.ended]);
  if (!made.signal.aborted) {
    throw new Failure('host', {
      what: 'This host does not let us make a user namespace in the sandbox.',
      expected: 'unshare --user to succeed',
      found: holder.lastLines().join('; ') || 'the process ended at once',
      hint: 'Raise the limits user.max_user_namespaces (sysctl) and, in a container, run it with --privileged.',
    });
  }
  const process = `/proc/${holder.pid}`;
  for (const file of ['uid_map', 'gid_map']) {
    const own = await readFile(`/proc/self/${file}`, 'utf8');
    await writeFile(`${process}/${file}`, mapFileText(sameIds(own)));
  }
  return { path: `${process}/ns/user`, [Symbol.asyncDispose]: () => holder[Symbol.asyncDispose]() };
}

/** Pure: every id that a namespace has, as itself. @param text of its own uid_map, lines `inside outside length` */
export function sameIds(text: string): { inside: number; outside: number; length: number }[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [inside = 0, , length = 0] = line.trim().split(/\s+/).map(Number);
      return { inside, outside: inside, length };
    });
}

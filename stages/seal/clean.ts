/** What a root tree gathers while it is built and an image must not hand on to every client. */
import { lstat, truncate } from 'node:fs/promises';
import type { Traces } from '../distribution/topics.js';
import type { RootTree } from '../rootfs/tree.js';

/** Removed as they are. */
const REMOVED: readonly string[] = [
  '/.dockerenv',
  '/etc/.pwd.lock',
  '/etc/group-',
  '/etc/gshadow-',
  '/etc/passwd-',
  '/etc/shadow-',
  '/etc/subgid-',
  '/etc/subuid-',
  '/root/.bash_history',
  '/root/.cache',
  '/root/.lesshst',
  '/root/.wget-hsts',
  '/var/cache/ldconfig/aux-cache',
  '/var/lib/NetworkManager/secret_key',
  '/var/lib/systemd/credential.secret',
  '/var/lib/systemd/random-seed',
  '/var/lib/systemd/timers',
  '/var/lib/urandom/random-seed',
];

/** Emptied, but kept: what is in them is made anew when it is missed. */
const EMPTIED: readonly string[] = ['/run', '/tmp', '/var/cache/man', '/var/lib/dhcp', '/var/tmp'];

/** @param own what the distribution's own tools leave behind besides */
export async function removeTraces(tree: RootTree, own: Traces): Promise<void> {
  const kept = new Set(own.kept);
  for (const path of [...REMOVED, ...own.removed]) await tree.remove(path);
  for (const path of [...EMPTIED, ...own.emptied]) await empty(tree, path, kept);
  await emptyLogs(tree, '/var/log');
}

async function empty(tree: RootTree, folder: string, kept: ReadonlySet<string>): Promise<void> {
  for (const name of await tree.names(folder)) {
    const path = `${folder}/${name}`;
    if (kept.has(path)) await empty(tree, path, kept);
    else await tree.remove(path);
  }
}

/** Login records, which base-files creates with a group of their own and whose lack some programs complain of. */
const RECORDS = new Set(['/var/log/btmp', '/var/log/faillog', '/var/log/lastlog', '/var/log/wtmp']);

/** Removes log files, and keeps the directories: their owners are right and the services expect them. */
async function emptyLogs(tree: RootTree, folder: string): Promise<void> {
  for (const name of await tree.names(folder)) {
    const path = `${folder}/${name}`;
    const host = await tree.locate(path);
    const facts = await lstat(host);
    if (facts.isDirectory()) await emptyLogs(tree, path);
    else if (!RECORDS.has(path)) await tree.remove(path);
    else if (facts.size > 0) await truncate(host);
  }
}

/** What a root tree gathers while it is built and an image must not hand on to every client. */
import { lstat, truncate } from 'node:fs/promises';
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
  '/var/cache/apt/pkgcache.bin',
  '/var/cache/apt/srcpkgcache.bin',
  '/var/cache/debconf/config.dat-old',
  '/var/cache/debconf/tmp.ci',
  '/var/cache/debconf/passwords.dat-old',
  '/var/cache/debconf/templates.dat-old',
  '/var/cache/ldconfig/aux-cache',
  '/var/lib/apt/periodic',
  '/var/lib/dpkg/available-old',
  '/var/lib/dpkg/diversions-old',
  '/var/lib/dpkg/statoverride-old',
  '/var/lib/dpkg/status-old',
  '/var/lib/NetworkManager/secret_key',
  '/var/lib/systemd/credential.secret',
  '/var/lib/systemd/random-seed',
  '/var/lib/systemd/timers',
  '/var/lib/urandom/random-seed',
];

/** Emptied, but kept: what is in them is made anew when it is missed. */
const EMPTIED: readonly string[] = [
  '/run',
  '/tmp',
  '/var/backups',
  '/var/cache/apt/archives',
  '/var/cache/man',
  '/var/lib/apt/lists',
  '/var/lib/dhcp',
  '/var/tmp',
];
/** Folders below those that apt and others want to find. */
const KEPT = new Set(['/var/cache/apt/archives/partial', '/var/lib/apt/lists/partial']);

export async function removeTraces(tree: RootTree): Promise<void> {
  for (const path of REMOVED) await tree.remove(path);
  for (const path of EMPTIED) await empty(tree, path);
  await emptyLogs(tree, '/var/log');
}

async function empty(tree: RootTree, folder: string): Promise<void> {
  for (const name of await tree.names(folder)) {
    const path = `${folder}/${name}`;
    if (KEPT.has(path)) await empty(tree, path);
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

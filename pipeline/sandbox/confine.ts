/**
 * How a command that a recipe or a package brings is confined, by bubblewrap: its root is what it was given and the old root
 * is detached, not only out of sight; mount, pid, ipc, uts, cgroup and, unless it may reach it, network namespaces are its
 * own; it has the few capabilities that package scripts need, can gain none by a set-user-id program (no_new_privs), and
 * system calls that lead around all this are refused (see system-calls.ts). /proc is read-only: in a build by root, id 0
 * is the host's, to whom the files of /proc/sys belong. unshare(1) and setpriv(1) of Debian 12 neither detach a root nor
 * load a filter; bubblewrap does both, and is what Flatpak rests on.
 */
import { lstat, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv } from '../../base/ports.js';
import { systemCallFilter } from './system-calls.js';

/** capabilities(7) that unpacking, chown, su and setcap need. All others would only serve to leave. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETFCAP', 'SETGID', 'SETUID'];

/** Opens a file under a number for the program that follows: bubblewrap reads filters and more arguments from there alone. */
const OPEN = {
  environment: 'exec 7<"$1"; shift; exec "$@"',
  user: 'exec 8<"$1"; shift; exec "$@"',
  filter: 'exec 9<"$1"; shift; exec "$@"',
};

function opening(what: keyof typeof OPEN, path: string, argv: Argv): Argv {
  return ['sh', '-c', OPEN[what], 'sh', path, ...argv];
}

/** A folder or file of the host and where it is seen. */
export interface Lent {
  readonly from: string;
  readonly at: string;
  /** Default false. */
  readonly writable?: boolean;
}

/** Programs with the root tree as `/`. */
export interface TreeWorld {
  readonly rootfs: string;
  /** The host's folder that is their /run. */
  readonly run: string;
  readonly lent: readonly Lent[];
  /** The host's network, with whatever listens on its loopback or on an abstract socket. */
  readonly network: boolean;
  /** From {@link writeFilter}. */
  readonly filter: string | undefined;
  /** From {@link writeEnvironment}. */
  readonly environment?: string | undefined;
}

/** Writes the filter of system calls into a folder. @returns its path; undefined on a machine that it is not known for */
export async function writeFilter(folder: string): Promise<string | undefined> {
  const filter = systemCallFilter(process.arch);
  if (filter === undefined) return undefined;
  const path = join(folder, 'system-calls.bpf');
  await writeFile(path, filter);
  return path;
}

/**
 * Writes a command's environment into a file: it must not become that of the launcher, to which PATH or LD_PRELOAD of a recipe
 * would mean files of the host; and a secret in it must not stand in an argv.
 */
export async function writeEnvironment(path: string, env: Readonly<Record<string, string>>): Promise<void> {
  const words = Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]);
  await writeFile(path, words.map((word) => `${word}\0`).join(''), { mode: 0o600, flag: 'wx' });
}

/** Pure: the argv of a command in the tree. It is the first process of its pid namespace, with which all that it started ends. */
export function treeArgv(world: TreeWorld, argv: Argv): Argv {
  const { rootfs, run, lent, network, filter, environment } = world;
  const confined = bubblewrap(filter, [
    ...(environment === undefined ? [] : ['--args', '7']),
    ...['--bind', rootfs, '/'],
    ...SYSTEM,
    ...['--bind', run, '/run'],
    ...lent.flatMap(bind),
    ...['--chdir', '/', '--as-pid-1'],
    ...(network ? [] : ['--unshare-net']),
    ...['--cap-drop', 'ALL', ...CAPABILITIES.flatMap((name) => ['--cap-add', `CAP_${name}`])],
    '--',
    ...argv,
  ]);
  return environment === undefined ? confined : opening('environment', environment, confined);
}

/** A host's tool that makes a tree, and with it the programs that it runs in there. */
export interface ToolWorld {
  readonly lent: readonly Lent[];
  /** Path of a user namespace that it enters when its world stands, see nested-user.ts. */
  readonly user: string;
  readonly filter: string | undefined;
}

/**
 * A /proc with nothing mounted below it, as bubblewrap's has: a namespace below may mount its own /proc only where it sees
 * a whole one, and only as read-only as that one is (mount_namespaces(7)).
 */
const MOUNT_PROC = 'mount -t proc -o ro proc /proc && exec "$@"';
/**
 * How a tool enters its user namespace and the mount namespace there, in which all mounts of its world are locked: it may
 * mount, but neither uncover nor make writable what it was lent.
 */
const ENTER: Argv = [
  ...(['sh', '-c', MOUNT_PROC, 'sh'] as const),
  ...['nsenter', '--user=/proc/self/fd/8', '--'],
  ...['unshare', '--mount', '--pid', '--fork', '--kill-child=KILL', '--'],
  ...['sh', '-c', `exec 8<&-; ${MOUNT_PROC}`, 'sh'],
];

/** The argv of a tool that finds its host's programs, and nothing else that it was not lent. */
export async function toolArgv({ lent, user, filter }: ToolWorld, argv: Argv): Promise<Argv> {
  const world = bubblewrap(filter, [
    ...(await hostPrograms()),
    ...SYSTEM,
    ...['--tmpfs', '/tmp', '--dir', '/run', '--dir', '/var/tmp', '--chmod', '1777', '/var/tmp'],
    ...lent.flatMap(bind),
    ...['--chdir', '/', '--unshare-net'],
    '--',
    ...ENTER,
    ...argv,
  ]);
  return opening('user', user, world);
}

const SYSTEM: readonly string[] = [
  ...['--dev', '/dev', '--perms', '1777', '--tmpfs', '/dev/shm'],
  ...['--proc', '/proc', '--remount-ro', '/proc'],
];

function bubblewrap(filter: string | undefined, options: readonly string[]): Argv {
  const namespaces = ['ipc', 'pid', 'uts', 'cgroup-try'].map((name) => `--unshare-${name}`);
  const argv = ['bwrap', '--die-with-parent', ...namespaces] as const;
  if (filter === undefined) return [...argv, ...options];
  return opening('filter', filter, [...argv, '--seccomp', '9', ...options]);
}

function bind({ from, at, writable = false }: Lent): string[] {
  return [writable ? '--dev-bind' : '--ro-bind', from, at];
}

/** Below /etc: what programs of the host need to start and to know users by name; nothing that could be a secret. */
const CONFIGURATION = [
  'alternatives',
  'debian_version',
  'dpkg',
  'group',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'nsswitch.conf',
  'passwd',
];

async function hostPrograms(): Promise<string[]> {
  const options = ['--ro-bind', '/usr', '/usr'];
  for (const path of ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']) {
    const stat = await lstat(path).catch(() => undefined);
    if (stat?.isSymbolicLink() === true) options.push('--symlink', await readlink(path), path);
    else if (stat !== undefined) options.push('--ro-bind', path, path);
  }
  for (const name of CONFIGURATION) options.push('--ro-bind-try', `/etc/${name}`, `/etc/${name}`);
  return options;
}

/**
 * Commands with the root tree as `/`. Each gets a pid namespace, so that no daemon survives it, and a network namespace
 * with nothing in it unless its step declared the network. What it needs of a running system (/dev, /proc, /run) and
 * what its distribution guards it with is mounted or written for the step's time and leaves no trace in the layer.
 */
import { access, chmod, lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/failure.js';
import type { Argv, Ports, RunResult } from '../../base/ports.js';
import { UndoStack } from '../../base/undo-stack.js';
import type { ChrootGuard, GuardFile } from '../distribution.js';
import type { ChrootOptions } from '../stage.js';

/** Character devices that programs expect; bound from the host, since no one may make device nodes in a user namespace. */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
const DEVICE_LINKS: Readonly<Record<string, string>> = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
  ptmx: 'pts/ptmx',
};
/** Text of a program that does nothing. */
const NOTHING = '#!/bin/sh\nexit 0\n';

/** What of a distribution's guard stands in the tree. */
export type GuardOfTree = Pick<ChrootGuard, 'files' | 'silenced'>;

/** The root tree made ready for commands; disposing of it removes all that was added. */
export interface Chroot extends AsyncDisposable {
  run(argv: Argv, options: ChrootOptions): Promise<RunResult>;
}

/**
 * @param network whether this step may reach the network at all
 * @param guard of the tree's distribution, if that is known
 */
export async function openChroot(
  rootfs: string,
  network: boolean,
  ports: Ports,
  guard: GuardOfTree = { files: [], silenced: [] },
): Promise<Chroot> {
  const undo = new UndoStack();
  try {
    await mountDevices(rootfs, ports, undo);
    await mountRun(rootfs, guard.silenced, ports, undo);
    await mkdir(join(rootfs, 'proc'), { recursive: true });
    for (const file of guard.files) await placeGuard(rootfs, file, undo);
    if (network) await lendResolvConf(rootfs, ports, undo);
  } catch (error) {
    await undo[Symbol.asyncDispose]();
    throw error;
  }
  const lent = new Set<string>();
  return {
    run: async (argv, options) => {
      for (const [name, folder] of Object.entries(options.folders ?? {})) {
        if (lent.has(name)) continue;
        await lendFolder(folder, join(rootfs, 'run', 'lunsmith', name), ports);
        lent.add(name);
      }
      return ports.run(chrootArgv(rootfs, argv, mayReach(network, options)), options);
    },
    [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose](),
  };
}

/** Pure: the argv of a command in a chroot, in namespaces of its own. */
export function chrootArgv(rootfs: string, argv: Argv, network: boolean): Argv {
  return [
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    `--mount-proc=${join(rootfs, 'proc')}`,
    ...(network ? [] : ['--net']),
    '--',
    'chroot',
    rootfs,
    ...argv,
  ];
}

function mayReach(declared: boolean, options: ChrootOptions): boolean {
  if (options.network === true && !declared) {
    throw new Failure('internal', {
      what: `A stage asked for the network to ${options.doing}, but does not declare it.`,
    });
  }
  return options.network === true;
}

async function mount(argv: readonly string[], at: string, ports: Ports, undo: UndoStack): Promise<void> {
  await ports.run(['mount', ...argv, at], { doing: 'mount what a chroot needs', quiet: true });
  undo.defer(async () => {
    if (ports.signal.aborted) return;
    await ports.run(['umount', '--recursive', '--lazy', at], {
      doing: 'unmount what a chroot needed',
      quiet: true,
    });
  });
}

async function mountDevices(rootfs: string, ports: Ports, undo: UndoStack): Promise<void> {
  const dev = join(rootfs, 'dev');
  await mkdir(dev, { recursive: true });
  await mount(['-t', 'tmpfs', '-o', 'mode=755', 'dev'], dev, ports, undo);
  for (const name of DEVICES) {
    await writeFile(join(dev, name), '');
    await ports.run(['mount', '--bind', `/dev/${name}`, join(dev, name)], {
      doing: `lend /dev/${name}`,
      quiet: true,
    });
  }
  for (const [name, target] of Object.entries(DEVICE_LINKS)) await symlink(target, join(dev, name));
  await mkdir(join(dev, 'shm'), { mode: 0o1777 });
  await chmod(join(dev, 'shm'), 0o1777);
  await mkdir(join(dev, 'pts'));
  await ports.run(
    ['mount', '-t', 'devpts', '-o', 'newinstance,ptmxmode=0666,mode=0620,gid=5', 'devpts', join(dev, 'pts')],
    {
      doing: 'mount /dev/pts',
      quiet: true,
    },
  );
}

async function mountRun(
  rootfs: string,
  silenced: readonly string[],
  ports: Ports,
  undo: UndoStack,
): Promise<void> {
  const run = join(rootfs, 'run');
  await mkdir(run, { recursive: true });
  await mount(['-t', 'tmpfs', '-o', 'mode=755', 'run'], run, ports, undo);
  await mkdir(join(run, 'lock'), { mode: 0o1777 });
  await chmod(join(run, 'lock'), 0o1777);
  await mkdir(join(run, 'lunsmith', 'bin'), { recursive: true });
  for (const name of silenced) await writeExecutable(join(run, 'lunsmith', 'bin', name), NOTHING);
}

/**
 * Binds a folder of the host, read-only; it goes with /run. Flags that the mount below has may not be lost when it is
 * remounted in a user namespace (mount_namespaces(7)).
 */
async function lendFolder(folder: string, at: string, ports: Ports): Promise<void> {
  await mkdir(at, { recursive: true });
  await ports.run(['mount', '--bind', folder, at], { doing: 'lend a folder to a chroot', quiet: true });
  const { stdout } = await ports.run(
    ['findmnt', '--noheadings', '--output', 'VFS-OPTIONS', '--mountpoint', at],
    {
      doing: 'read the options of a mount',
      quiet: true,
    },
  );
  const kept = stdout
    .trim()
    .split(',')
    .filter((option) => option !== 'rw' && option !== 'ro');
  await ports.run(['mount', '-o', ['remount', 'bind', 'ro', ...kept].join(','), at], {
    doing: 'lend a folder read-only',
    quiet: true,
  });
}

async function placeGuard(rootfs: string, { path, text }: GuardFile, undo: UndoStack): Promise<void> {
  const host = join(rootfs, path);
  // Before a base system is there, neither are programs that would look for it.
  if ((await exists(host)) || !(await exists(dirname(host)))) return;
  await writeExecutable(host, text);
  undo.defer(() => rm(host, { force: true }));
}

/** Puts the host's resolver configuration where the tree's own would be, for the step's time. */
async function lendResolvConf(rootfs: string, ports: Ports, undo: UndoStack): Promise<void> {
  const path = join(rootfs, 'etc', 'resolv.conf');
  const own = await lstat(path).catch(() => undefined);
  if (own?.isFile() === true) {
    await mount(['--bind', '/etc/resolv.conf'], path, ports, undo);
    return;
  }
  // A link, mostly dangling, or nothing.
  const link = own === undefined ? undefined : await readlink(path);
  await rm(path, { force: true });
  await writeFile(path, await readFile('/etc/resolv.conf').catch(() => ''));
  undo.defer(async () => {
    await rm(path, { force: true });
    if (link !== undefined) await symlink(link, path);
  });
}

async function writeExecutable(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o755);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Commands with the root tree as `/`, each confined (see confine.ts), so that no daemon survives it and nothing of
 * the host is there but what it was lent. What it needs of a running system (/run, resolv.conf) and what its
 * distribution guards it with is lent or written for the step's time and leaves no trace in the layer.
 */
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../base/failure.js';
import type { Argv, Ports, RunResult } from '../../base/ports.js';
import { UndoStack } from '../../base/undo-stack.js';
import type { ChrootGuard, GuardFile } from '../distribution.js';
import type { ChrootOptions } from '../stage.js';
import { type Lent, treeArgv, writeEnvironment, writeFilter } from './confine.js';

/** Text of a program that does nothing. */
const NOTHING = '#!/bin/sh\nexit 0\n';
const RESOLV_CONF = '/etc/resolv.conf';

/** What of a distribution's guard stands in the tree. */
export type GuardOfTree = Pick<ChrootGuard, 'files' | 'silenced'>;

type CommandOptions = Pick<ChrootOptions, 'doing' | 'network' | 'folders'>;

/** The root tree made ready for commands; disposing of it removes all that was added. */
export interface Chroot extends AsyncDisposable {
  /** The host's folder that commands see as /run. */
  readonly runFolder: string;
  run(argv: Argv, options: ChrootOptions): Promise<RunResult>;
  /** The argv by which a command is run, for one that needs the terminal. */
  argv(argv: Argv, options: CommandOptions): Argv;
}

/**
 * @param rootfs its folder holds what commands are lent, see build/root-tree.ts
 * @param network whether this step may reach the network at all
 * @param guard of the tree's distribution, if that is known
 * @param lent what every command sees besides
 */
export async function openChroot(
  rootfs: string,
  network: boolean,
  ports: Ports,
  guard: GuardOfTree = { files: [], silenced: [] },
  lent: readonly Lent[] = [],
): Promise<Chroot> {
  const undo = new UndoStack();
  let commands = 0;
  const always = [...lent];
  try {
    const folder = await mkdtemp(join(dirname(rootfs), 'chroot-'));
    undo.defer(() => rm(folder, { recursive: true, force: true }));
    const runFolder = await makeRun(folder, guard.silenced);
    await mountPoints(rootfs);
    for (const file of guard.files) await placeGuard(rootfs, file, undo);
    if (network) always.push(...(await lendResolvConf(rootfs, undo)));
    const filter = await writeFilter(folder);
    const wrap = (argv: Argv, options: CommandOptions, environment?: string) => {
      const folders = Object.entries(options.folders ?? {}).map(([name, from]) => ({
        from,
        at: `/run/lunsmith/${name}`,
      }));
      const world = { rootfs, run: runFolder, lent: [...always, ...folders], filter, environment };
      return treeArgv({ ...world, network: mayReach(network, options) }, argv);
    };
    return {
      runFolder,
      argv: (argv, options) => wrap(argv, options),
      run: async (argv, { env = {}, ...options }) => {
        commands += 1;
        const environment = join(folder, `environment-${commands}`);
        await writeEnvironment(environment, env);
        // A failure shows the command as the stage gave it, not how it was confined.
        return ports.run(wrap(argv, options, environment), { shown: argv, ...options });
      },
      [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose](),
    };
  } catch (error) {
    await undo[Symbol.asyncDispose]();
    throw error;
  }
}

function mayReach(declared: boolean, options: CommandOptions): boolean {
  if (options.network === true && !declared) {
    throw new Failure('internal', {
      what: `A stage asked for the network to ${options.doing}, but does not declare it.`,
    });
  }
  return options.network === true;
}

async function makeRun(folder: string, silenced: readonly string[]): Promise<string> {
  const run = join(folder, 'run');
  await mkdir(run);
  await chmod(run, 0o755);
  await mkdir(join(run, 'lock'));
  await chmod(join(run, 'lock'), 0o1777);
  await mkdir(join(run, 'lunsmith', 'bin'), { recursive: true });
  for (const name of silenced) await writeExecutable(join(run, 'lunsmith', 'bin', name), NOTHING);
  return run;
}

/** A link in their place would have the mounts made elsewhere, and commands see the tree's own /dev or no /proc. */
async function mountPoints(rootfs: string): Promise<void> {
  for (const name of ['dev', 'proc', 'run']) {
    const path = join(rootfs, name);
    await mkdir(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
    if ((await lstat(path)).isDirectory()) continue;
    throw new Failure('recipe', {
      what: `/${name} of the root tree is no directory, so that nothing can be run in there.`,
      hint: 'See what a step before does to it.',
    });
  }
}

async function placeGuard(rootfs: string, { path, text }: GuardFile, undo: UndoStack): Promise<void> {
  const host = await placeWithin(rootfs, path);
  // Before a base system is there, neither are programs that would look for it.
  if (host === undefined || (await exists(host))) return;
  await writeExecutable(host, text);
  undo.defer(async () => {
    const now = await placeWithin(rootfs, path);
    if (now !== undefined) await rm(now, { force: true });
  });
}

/** Puts the host's resolver configuration where the tree's own would be, for the step's time. */
async function lendResolvConf(rootfs: string, undo: UndoStack): Promise<Lent[]> {
  const path = await placeWithin(rootfs, RESOLV_CONF);
  if (path === undefined) return [];
  const own = await lstat(path).catch(() => undefined);
  if (own?.isFile() === true) {
    const from = await realpath(RESOLV_CONF).catch(() => undefined);
    return from === undefined ? [] : [{ from, at: RESOLV_CONF }];
  }
  // A link, mostly dangling, or nothing.
  const link = own === undefined ? undefined : await readlink(path);
  await rm(path, { force: true });
  await writeFile(path, await readFile(RESOLV_CONF).catch(() => ''), { flag: 'wx' });
  undo.defer(async () => {
    const now = await placeWithin(rootfs, RESOLV_CONF);
    if (now === undefined) return;
    await rm(now, { force: true });
    if (link !== undefined) await symlink(link, now);
  });
  return [];
}

/**
 * The host's path of a file of the tree, which need not be there; undefined when its folder is not, or a link leads out of
 * the tree: a command must not have us write elsewhere.
 */
async function placeWithin(rootfs: string, path: string): Promise<string | undefined> {
  const folder = await realpath(join(rootfs, dirname(path))).catch(() => undefined);
  return folder?.startsWith(`${rootfs}/`) === true ? join(folder, basename(path)) : undefined;
}

async function writeExecutable(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' });
  await chmod(path, 0o755);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

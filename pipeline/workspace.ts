/**
 * The folder in which builds work. Nothing of a build lies anywhere else until its release is complete.
 *
 * ```
 * <workspace>/
 *   CACHEDIR.TAG              backup programs skip it (bford.info/cachedir)
 *   builds/<id>/owner.json    process that builds there; when it is gone, so is its claim, and the next build clears it
 *   builds/<id>/layers/<n>-<step>/{tree,work}    overlayfs upper and work directories
 *   builds/<id>/scratch/<n>-<step>/              a stage's private folder
 *   builds/<id>/release/                         what becomes the release
 *   logs/<recipe>/<id>.log    everything that tools printed; the newest few are kept
 * ```
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const CACHEDIR_TAG = 'Signature: 8a477f597d28d172789f06886806bc55\n# Working files of lunsmith builds.\n';
const KEPT_LOGS = 5;

/** One build's part of the workspace; disposing of it removes the folder, the log stays. */
export interface BuildFolder extends AsyncDisposable {
  readonly id: string;
  readonly path: string;
  readonly log: string;
}

interface Owner {
  readonly pid: number;
  /** Start time in clock ticks since boot, field 22 of proc_pid_stat(5): a pid alone may be someone else's by now. */
  readonly started: string;
}

/**
 * Makes a build's folder and clears those whose process is gone. Runs inside the sandbox, where files of all mapped
 * users may be removed. `owner` is a process of the pid namespace that is outside, as seen through `procfs`.
 */
export async function openBuildFolder(
  workspace: string,
  recipe: string,
  owner: OwnerClaim,
): Promise<BuildFolder> {
  const builds = join(workspace, 'builds');
  const logs = join(workspace, 'logs', recipe);
  await mkdir(builds, { recursive: true });
  await mkdir(logs, { recursive: true });
  await writeFile(join(workspace, 'CACHEDIR.TAG'), CACHEDIR_TAG);
  await clearAbandoned(builds, owner.alive);
  const id = `${recipe}-${randomBytes(4).toString('hex')}`;
  const path = join(builds, id);
  await mkdir(path);
  await writeFile(join(path, 'owner.json'), JSON.stringify(owner.self));
  await pruneLogs(logs);
  return {
    id,
    path,
    log: join(logs, `${id}.log`),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** Who claims a build folder, and whether another claim still stands. */
export interface OwnerClaim {
  readonly self: Owner;
  readonly alive: readonly string[];
}

/** The claim of this process, for the sandbox that it starts, with the keys of all processes that live now. */
export async function claimOf(pid: number): Promise<OwnerClaim> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const owners = await Promise.all(pids.map(async (each) => ({ pid: each, started: await startTime(each) })));
  const self = owners.find((each) => each.pid === pid) ?? { pid, started: '' };
  return { self, alive: owners.map(ownerKey) };
}

function ownerKey(owner: Owner): string {
  return `${owner.pid}:${owner.started}`;
}

async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the command in parentheses and may hold spaces; fields count from after it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function clearAbandoned(builds: string, alive: readonly string[]): Promise<void> {
  for (const name of await readdir(builds)) {
    const path = join(builds, name);
    const owner = await readFile(join(path, 'owner.json'), 'utf8')
      .then((text) => JSON.parse(text) as Owner)
      .catch(() => undefined);
    // A folder without a claim is one whose build was killed between making and claiming it.
    if (owner === undefined || !alive.includes(ownerKey(owner)))
      await rm(path, { recursive: true, force: true });
  }
}

async function pruneLogs(folder: string): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  files.sort((a, b) => b.at - a.at);
  for (const { name } of files.slice(KEPT_LOGS - 1)) await rm(join(folder, name), { force: true });
}

/**
 * The folder in which builds work. Nothing of a build lies anywhere else until its release is complete.
 *
 * ```
 * <workspace>/
 *   CACHEDIR.TAG              backup programs skip it (bford.info/cachedir)
 *   builds/<id>/              one build; its name holds the process it belongs to, and when that is gone, the next
 *                             build clears it
 *   builds/<id>/layers/<step>/{tree,work}        overlayfs upper and work directories
 *   builds/<id>/{outputs,parts}/…                files of output steps, until they are complete
 *   builds/<id>/scratch/<step>/                  a stage's private folder
 *   builds/<id>/release/                         what becomes the release
 *   failed/<id>/              the tree of a step that failed, when the user asked for a shell in it
 *   store/                    what is kept of builds: see store/store.ts
 *   kvm.json                  why KVM does not work on this host, until it boots again (app/accelerator.ts)
 *   logs/<recipe>/<id>.log    everything that tools printed; the newest few are kept
 * ```
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../base/remove-tree.js';

const CACHEDIR_TAG = 'Signature: 8a477f597d28d172789f06886806bc55\n# Working files of lunsmith builds.\n';
const KEPT_LOGS = 5;

/** One build's part of the workspace; disposing of it removes the folder, the log stays. */
export interface BuildFolder extends AsyncDisposable {
  readonly id: string;
  readonly path: string;
  readonly log: string;
}

/**
 * Makes a build's folder and clears those whose process is gone, as far as {@link isAbandoned} can tell. Runs inside the sandbox,
 * where files of all mapped users may be removed.
 * @param owner the process outside that the build belongs to
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
  await clearAbandoned(builds, owner);
  // The claim is part of the name, so that there is no moment in which the folder is there and the claim is not.
  const id = `${recipe}-${owner.self}-${randomBytes(4).toString('hex')}`;
  const path = join(builds, id);
  await mkdir(path);
  await pruneLogs(logs);
  return {
    id,
    path,
    log: join(logs, `${id}.log`),
    [Symbol.asyncDispose]: () => removeTree(path),
  };
}

/** Who claims a build folder, and whose claims still stand. */
export interface OwnerClaim {
  /** `<pid>-<start time>` of the claiming process; the time in ticks since boot. */
  readonly self: string;
  /** The same of all processes that lived when it was asked for. */
  readonly alive: readonly string[];
}

/** Ticks a second of what the kernel tells programs: USER_HZ, proc(5). */
const TICKS = 100;

/**
 * Whether the process that made a claim is gone. Of one that began after `self` did, this cannot be told: it may have begun after
 * those that live were listed, which can be a minute ago. One that began later than now is of an earlier boot of this machine.
 */
export function isAbandoned(owner: string, { self, alive }: OwnerClaim): boolean {
  const began = (claim: string) => Number(claim.split('-')[1]);
  if (alive.includes(owner)) return false;
  return began(owner) <= began(self) || began(owner) > uptime() * TICKS;
}

/** The claim of a process, to be taken along into the sandbox, where other processes cannot be seen. */
export async function claimOf(pid: number): Promise<OwnerClaim> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return { self: await claim(pid), alive: await Promise.all(pids.map(claim)) };
}

/** A pid alone may have been reused by now: the start time tells, in clock ticks since boot. */
async function claim(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Field 22 of proc_pid_stat(5). The second field is the command in parentheses and may hold spaces, so count after it.
  return `${pid}-${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
}

async function clearAbandoned(builds: string, own: OwnerClaim): Promise<void> {
  for (const name of await readdir(builds)) {
    const [, owner] = /-(\d+-\d+)-[0-9a-f]+$/.exec(name) ?? [];
    if (owner === undefined || isAbandoned(owner, own)) await removeTree(join(builds, name));
  }
}

async function pruneLogs(folder: string): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  files.sort((a, b) => b.at - a.at);
  for (const { name } of files.slice(KEPT_LOGS - 1)) await rm(join(folder, name), { force: true });
}

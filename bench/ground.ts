/**
 * What all measurements stand on: a scratch folder with copies of the recipes, each with its lock, and a store whose pool
 * holds all their packages.
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPorts } from '../base/command.js';
import type { Event } from '../base/event.js';
import type { Ports } from '../base/ports.js';
import { type Lock, readLock } from '../pipeline/plan/lock/lock.js';
import { seconds } from './measure.js';

/** Debian release of the recipe that is measured. */
export const SUITE = 'bookworm';
const RECIPE = 'bench';
const MIRROR = process.env['LUNSMITH_MIRROR'];

/** Where a build works and what it leaves. */
export interface Place {
  readonly workspace: string;
  readonly output: string;
}

/** One `lunsmith build` as a process of its own. */
export interface Built {
  /** Seconds, the start of the process included. */
  readonly took: number;
  readonly events: readonly Event[];
  /** Folders of the releases, in the order in which they appeared. */
  readonly releases: readonly string[];
}

export interface Ground extends AsyncDisposable {
  readonly run: Ports['run'];
  readonly rounds: number;
  /** Absolute path of the scratch folder. */
  readonly folder: string;
  /** Folder of the recipe that is measured: Debian with documentation and one file that comes last. */
  readonly recipe: string;
  /** A workspace in which that recipe was built, and where its release lies. */
  readonly place: Place;
  readonly release: string;
  readonly lock: Lock;
  /** Package files of all locks. */
  readonly pool: string;
  build(recipes: readonly string[], place: Place): Promise<Built>;
  /** A new recipe folder beside the others, which extends one of them, with its lock. */
  extend(name: string, text: string): Promise<string>;
  /** Writes the lock of a copied recipe. */
  writeLock(recipe: string): Promise<void>;
  /** Changes the file that comes last. */
  changeFile(): Promise<void>;
  /** Gives the recipe these options besides its usual kernel command line. */
  changeCommandLine(extra: readonly string[]): Promise<void>;
  /** A workspace with nothing but the package files; removed by `removePlace`. */
  freshPlace(): Promise<Place>;
  removePlace(place: Place): Promise<void>;
  /** Until what was written before is on the disk: no measurement shall include the writing of another. */
  settle(): Promise<void>;
}

export async function openGround(rounds: number, signal: AbortSignal): Promise<Ground> {
  const { run } = createPorts({ emit: () => undefined, signal });
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-bench-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    return { ...(await prepare(folder, run)), rounds, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

type Prepared = Omit<Ground, 'rounds' | typeof Symbol.asyncDispose>;

async function prepare(folder: string, run: Ports['run']): Promise<Prepared> {
  const recipes = join(folder, 'recipes');
  const recipe = join(recipes, RECIPE);
  const place = { workspace: join(folder, 'work'), output: join(folder, 'out') };
  const pool = join(place.workspace, 'store', 'pool');
  let changes = 0;
  let fresh = 0;

  const lunsmith = async (args: readonly string[], doing: string) => {
    const argv = [process.execPath, join('dist', 'cli', 'main.js'), ...args] as const;
    const mirror = MIRROR === undefined ? {} : { env: { LUNSMITH_MIRROR: MIRROR } };
    return (await run([...argv], { doing, quiet: true, ...mirror })).stdout;
  };
  const build: Ground['build'] = async (folders, { workspace, output }) => {
    let printed = '';
    const args = ['build', ...folders, '--workspace', workspace, '--output', output, '--json'];
    const took = await seconds(async () => (printed = await lunsmith(args, 'build')));
    const events = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    const releases = events.flatMap((event) => (event.type === 'released' ? [event.path] : []));
    return { took, events, releases };
  };
  const writeLock: Ground['writeLock'] = async (of) => {
    await lunsmith(['lock', of, '--workspace', place.workspace], 'write the lock');
  };
  const changeFile: Ground['changeFile'] = async () => {
    changes += 1;
    await writeFile(join(recipe, 'last'), `change ${changes}\n`);
  };
  const changeCommandLine: Ground['changeCommandLine'] = (extra) =>
    writeFile(join(recipe, 'recipe.yaml'), recipeText(extra));
  const extend: Ground['extend'] = async (name, text) => {
    const made = join(recipes, name);
    await mkdir(made);
    await writeFile(join(made, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
    await writeFile(join(made, 'recipe.yaml'), text);
    await writeLock(made);
    return made;
  };

  await cp('recipes', recipes, { recursive: true });
  await mkdir(recipe);
  await changeFile();
  await writeFile(join(recipe, 'package.json'), JSON.stringify({ name: RECIPE, version: '1.0.0' }));
  await changeCommandLine([]);
  await writeLock(recipe);
  const { releases } = await build([recipe], place);
  const [release] = releases;
  const lock = await readLock(recipe);
  if (release === undefined || lock === undefined) throw new Error('There is no release, or no lock.');

  return {
    run,
    folder,
    recipe,
    place,
    release,
    lock,
    pool,
    build,
    extend,
    writeLock,
    changeFile,
    changeCommandLine,
    freshPlace: async () => {
      fresh += 1;
      const base = join(folder, `fresh-${fresh}`);
      const made = { workspace: join(base, 'work'), output: join(base, 'out') };
      await mkdir(join(made.workspace, 'store'), { recursive: true });
      const argv = ['cp', '--archive', '--link', pool, join(made.workspace, 'store', 'pool')] as const;
      await run(argv, { doing: 'give the pool to a fresh store' });
      return made;
    },
    removePlace: async ({ workspace }) => rm(join(workspace, '..'), { recursive: true, force: true }),
    settle: async () => {
      await run(['sync'], { doing: 'wait for the disk' });
    },
  };
}

/** Documentation included, as references and peers have it: the root is about 700 MB. */
function recipeText(commandLine: readonly string[]): string {
  const options = ['console=tty0', 'console=ttyS0,115200', ...commandLine];
  return `name: ${RECIPE}
extends: ../debian-bookworm
steps:
  - name: debootstrap
    with:
      documentation: true
  - name: last-file
    uses: files
    with:
      after-initramfs: true
      files:
        - path: /srv/last
          source: last
kernel:
  command-line: ${JSON.stringify(options)}
`;
}

/** @throws Error when other steps ran than those: then something else was measured than what was meant */
export function assertRan({ events }: Built, steps: readonly string[]): void {
  const ran = events.flatMap((event) => (event.type === 'task-started' ? [event.task] : []));
  if (ran.toSorted().join() === steps.toSorted().join()) return;
  throw new Error(
    `Expected these steps to run: ${steps.join(', ') || 'none'}. These did: ${ran.join(', ') || 'none'}.`,
  );
}

/** Seconds by step, of several builds. */
export function stepSeconds(builds: readonly Built[]): Readonly<Record<string, readonly number[]>> {
  const found: Record<string, number[]> = {};
  for (const event of builds.flatMap(({ events }) => events)) {
    if (event.type === 'task-finished') (found[event.task] ??= []).push(event.seconds);
  }
  return found;
}

/** The text of a file of a release. */
export async function releaseText(release: string, path: string): Promise<string> {
  return readFile(join(release, path), 'utf8');
}

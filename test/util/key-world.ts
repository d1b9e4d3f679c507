/** Plans of made-up stages, which declare what a test wants, in a world of which a test changes parts. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import { z } from 'zod';
import { sha256OfText } from '../../base/digest.js';
import type { KeyedPlan } from '../../pipeline/plan/keys/fingerprint.js';
import type { Plan } from '../../pipeline/plan/plan.js';
import type { PlannedStep } from '../../pipeline/plan/planned-step.js';
import type { HookEvent } from '../../pipeline/recipe/hook-events.js';
import type { Architecture } from '../../pipeline/recipe-facts.js';
import type { FactName } from '../../pipeline/stage.js';
import { type KeyRig, lockedPackage } from './key-rig.js';
import { RIG_RECIPE } from './rig-recipe.js';

/** A stage that declares nothing. */
export const EMPTY: Spec = { facts: [], files: [], secrets: [], tools: [], surroundings: [], packages: [] };

/** What one made-up stage declares. */
export interface Spec {
  readonly facts: readonly FactName[];
  readonly files: readonly string[];
  readonly secrets: readonly string[];
  readonly tools: readonly string[];
  readonly surroundings: readonly string[];
  readonly packages: readonly string[];
  readonly part?: { readonly facts: readonly FactName[]; readonly options: readonly string[] };
}

export interface Shape {
  readonly root: readonly Spec[];
  readonly outputs: readonly Spec[];
  readonly hooks: readonly HookEvent[];
}

interface File {
  readonly text: string;
  readonly mode: number;
  readonly seconds: number;
}

/** Everything that may go into a key. */
export interface World {
  readonly folder: string;
  readonly files: Readonly<Record<string, File | { readonly link: string }>>;
  readonly options: { readonly one: number; readonly two: readonly string[] };
  readonly name: string;
  readonly bytes: number;
  readonly commandLine: readonly string[];
  readonly architecture: Architecture;
  readonly epoch: number;
  readonly secret: string;
  readonly tools: Readonly<Record<string, string>>;
  readonly surroundings: Readonly<Record<string, string>>;
  readonly package: { readonly version: string; readonly sha256: string; readonly path: string };
  readonly code: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly mirror: string;
  readonly lunsmith: string;
  readonly swap: boolean;
}

export const file = (text: string, change: Partial<File> = {}): File => ({
  text,
  mode: 0o644,
  seconds: 1_000_000_000,
  ...change,
});

/** The world as it is, of which tests change parts. */
export const WORLD: World = {
  folder: 'recipe',
  files: {
    'a.txt': file('a'),
    'folder/b': file('b'),
    'folder/inner/c': file('c', { mode: 0o755 }),
    'folder/link': { link: 'b' },
    'key.secret': file('hidden\n', { mode: 0o600 }),
    'unused.txt': file('unused'),
  },
  options: { one: 1, two: ['x', 'y'] },
  name: 'demo',
  bytes: 4 << 20,
  commandLine: ['quiet'],
  architecture: 'amd64',
  epoch: 1_767_225_600,
  secret: 'hidden',
  tools: { e2fsprogs: '1.47.0-2', mtools: '4.0.33-1' },
  surroundings: { sources: 'deb http://mirror.example.org/debian bookworm main', locale: 'C' },
  package: { version: '1.0-1', sha256: 'a'.repeat(64), path: 'pool/p' },
  code: {},
  scripts: { 'rootfs:pre': 'true', 'rootfs:post': 'true', 'image:post': 'true' },
  mirror: 'http://mirror.example.org/debian',
  lunsmith: '1.0.0',
  swap: false,
};

/** Of each step one package, one that all may have besides, and options of its own, so that no two steps are the same. */
function planOf(rig: KeyRig, { root, outputs, hooks }: Shape, world: World): Plan {
  const step = (spec: Spec, id: string, kind: 'rootfs' | 'output'): PlannedStep => ({
    id,
    title: id,
    place: { file: 'recipe.yaml', line: 1, column: 1 },
    options: world.options,
    stage: {
      name: id,
      summary: id,
      kind,
      options: z.unknown(),
      tools: spec.tools.slice(1).map((name) => ({ name, package: name })),
      toolsFor: () => spec.tools.slice(0, 1).map((name) => ({ name, package: name })),
      facts: spec.facts,
      inputs: () => spec.files,
      secrets: () => spec.secrets,
      surroundings: async () =>
        Object.fromEntries(spec.surroundings.map((name) => [name, world.surroundings[name] ?? ''])),
      ...(spec.part === undefined ? {} : { parts: { part: spec.part } }),
      run: async () => undefined,
    },
  });
  const below = root.map((spec, index) => step(spec, `root-${index}`, 'rootfs'));
  if (world.swap) below.splice(0, 2, ...below.slice(0, 2).reverse());
  const steps = [...below, ...outputs.map((spec, index) => step(spec, `output-${index}`, 'output'))];
  const { architecture, name, epoch } = world;
  const folder = join(rig.path, world.folder);
  const disk = { ...RIG_RECIPE.disk, bytes: world.bytes };
  const kernel = { commandLine: world.commandLine };
  const own = { name, folder, platform: 'pc', architecture, disk, kernel } as const;
  return {
    steps,
    facts: own,
    tools: steps.flatMap(({ stage }) => [...stage.tools, ...(stage.toolsFor?.({}, own) ?? [])]),
    recipe: {
      ...own,
      epoch,
      description: '',
      steps: [],
      hooks: Object.fromEntries(hooks.map((event) => [event, world.scripts[event] ?? ''])),
      sources: [],
      digest: sha256OfText(JSON.stringify({ name, disk, kernel })),
    },
  };
}

async function writeFiles(rig: KeyRig, { folder, files }: World): Promise<void> {
  if (existsSync(join(rig.path, folder))) return;
  for (const [path, entry] of Object.entries(files)) {
    const at = join(rig.path, folder, path);
    await mkdir(dirname(at), { recursive: true });
    if ('link' in entry) await symlink(entry.link, at);
    else {
      await writeFile(at, entry.text);
      await chmod(at, entry.mode);
      await utimes(at, entry.seconds, entry.seconds);
    }
  }
}

export interface KeysInWorld {
  /** What the stages declare, by the ids of their steps. */
  readonly ids: ReadonlyMap<string, Spec>;
  readonly keyed: KeyedPlan;
}

/** Keys of the plan of a shape in a world. */
export async function keysIn(rig: KeyRig, shape: Shape, world: World): Promise<KeysInWorld> {
  await writeFiles(rig, world);
  vi.stubEnv('LUNSMITH_TEST_SECRET', world.secret);
  const plan = planOf(rig, shape, world);
  const ids = new Map([
    ...shape.root.map((spec, index): [string, Spec] => [`root-${index}`, spec]),
    ...shape.outputs.map((spec, index): [string, Spec] => [`output-${index}`, spec]),
  ]);
  const packages = new Map(
    [...ids].map(([id, spec]) => [
      id,
      spec.packages.map((name) => lockedPackage(name, name === 'changing' ? world.package : {})),
    ]),
  );
  const { tools, code, mirror, lunsmith } = world;
  return { ids, keyed: await rig.keys(plan, { packages, tools, code, mirror, lunsmith }) };
}

/** A world with other files lies in another folder, which is no input. */
export const otherFiles = (
  name: string,
  files: Partial<World['files']>,
  without: readonly string[] = [],
) => ({
  folder: `recipe-${name}`,
  files: Object.fromEntries(
    Object.entries({ ...WORLD.files, ...files }).filter(([path]) => !without.includes(path)),
  ) as World['files'],
});

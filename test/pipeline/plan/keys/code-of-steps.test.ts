/** Which results each file of ours can change: the real files, each changed in turn, and the keys that follow. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ZodType } from 'zod';
import { codeDigester, type ReadModules } from '../../../../pipeline/plan/keys/code-digest.js';
import type { KeyedPlan, keyPlan } from '../../../../pipeline/plan/keys/fingerprint.js';
import { type Plan, planBuild } from '../../../../pipeline/plan/plan.js';
import { loadRecipe } from '../../../../pipeline/recipe/load.js';
import { distributions } from '../../../../stages/distribution/index.js';
import { stages } from '../../../../stages/index.js';
import { closure, SANDBOX } from '../../../util/compiled-modules.js';
import { UNUSED, withSteps, writeStatus } from '../../../util/key-rig.js';

let folder: string;
/** Compiled modules, relative to their root. */
let files: string[];
/** Plans in which every stage has a step: of Debian with hooks, of Arch Linux, of an imported system, for a Raspberry Pi, and of an installer. */
let plans: readonly Plan[];
let befores: readonly KeyedPlan[];
/** Those of Debian. */
let before: KeyedPlan;
let keyPlanOfCopy: typeof keyPlan;
/** The copy as it was. */
const read: ReadModules = new Map();

const topicFile = (distribution: string, topic: string) => `stages/distribution/${distribution}/${topic}.js`;
const at = (file: string) => join(folder, 'dist', file);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'code-of-steps-'));
  const compiled = await readdir('dist', { recursive: true });
  // A module whose source is gone may be left from an earlier compilation.
  files = compiled.filter(
    (path) =>
      path.endsWith('.js') && !/^(bench|test)\//.test(path) && existsSync(path.replace(/\.js$/, '.ts')),
  );
  for (const file of files) {
    const text = await readFile(join('dist', file), 'utf8');
    await mkdir(dirname(at(file)), { recursive: true });
    await writeFile(at(file), text.replace(/^\/\/# sourceMappingURL=.*$/m, ''));
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const hooks = { 'rootfs:pre': 'true', 'rootfs:post': 'true' };
  const debian = withSteps(await planOf('debian-bookworm', hooks), UNUSED);
  plans = [
    ...[debian, await planOf('arch'), imported(debian), await planOf('debian-raspberry-pi')],
    installer(debian),
  ];
  const packages = plans.flatMap((plan) => plan.tools.map((tool) => [tool.package, '1.0'] as const));
  await writeStatus(join(folder, 'status'), Object.fromEntries(packages));
  const module = (await import(pathToFileURL(at('pipeline/plan/keys/fingerprint.js')).href)) as {
    keyPlan: typeof keyPlan;
  };
  keyPlanOfCopy = module.keyPlan;
  befores = await keys();
  before = befores[0] as KeyedPlan;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function planOf(name: string, scripts: Readonly<Record<string, string>> = {}): Promise<Plan> {
  const copy = join(folder, name);
  await cp(join('recipes', name), copy, { recursive: true });
  await writeFile(join(copy, 'package.json'), JSON.stringify({ name, scripts }));
  const recipe = await loadRecipe(copy, stages, { sourceDateEpoch: '' });
  return planBuild(recipe, stages, distributions, 'http://mirror.example.org');
}

/** The same with another first step. */
function imported({ steps: [first, ...others], ...plan }: Plan): Plan {
  const stage = stages.get('import');
  if (first === undefined || stage === undefined) throw new Error('no first step, or no stage');
  const options = (stage.options as ZodType).parse({ from: 'recipe.yaml' });
  return { ...plan, steps: [{ ...first, stage, options }, ...others] };
}

/** Of a medium that is none: nothing is made of it here. */
function installer({ steps: [first], ...plan }: Plan): Plan {
  const stage = stages.get('windows-installer');
  if (first === undefined || stage === undefined) throw new Error('no first step, or no stage');
  const options = (stage.options as ZodType).parse({ iso: 'recipe.yaml' });
  const step = { ...first, id: stage.name, stage, options, distribution: undefined };
  return { ...plan, tools: stage.tools, steps: [step] };
}

/** Of each plan, as a new process would see them. @param known files that it need not read again */
async function keys(known: ReadModules = read): Promise<KeyedPlan[]> {
  const code = codeDigester(known);
  const around = {
    mirror: undefined,
    packages: new Map(),
    moduleOf: (stage: string) => pathToFileURL(at(`stages/${stage}.js`)),
    topicOf: (distribution: string, topic: string) => pathToFileURL(at(topicFile(distribution, topic))),
    code,
    salt: Buffer.from('salt'),
    lunsmith: '0.0.0',
    packageDatabase: join(folder, 'status'),
  };
  return Promise.all(plans.map((plan) => keyPlanOfCopy(plan, around)));
}

/** Of each plan the steps whose code a change of a file changes, not those that only stand on such a step; with `release`. */
async function changedBy(file: string): Promise<string[][]> {
  const text = await readFile(at(file), 'utf8');
  await writeFile(at(file), `${text}export const changed = 1;\n`);
  const known = new Map(read);
  known.delete(pathToFileURL(at(file)).href);
  try {
    const afters = await keys(known);
    return afters.map(({ steps, release }, plan) => {
      const was = befores[plan];
      const changed = steps.filter(({ inputs }, index) => inputs.code !== was?.steps[index]?.inputs.code);
      return [...changed.map(({ id }) => id), ...(release === was?.release ? [] : ['release'])];
    });
  } finally {
    await writeFile(at(file), text);
  }
}

const HOOKS = ['rootfs:pre', 'rootfs:post'];
const OUTPUTS = ['lun-image', 'boot-artifacts'];
const idsOf = (wanted: readonly string[]) => [
  ...before.steps.map(({ id }) => id).filter((id) => wanted.includes(id)),
  'release',
];
const all = () => idsOf(before.steps.map(({ id }) => id));
const hooks = () => idsOf(HOOKS);
const outputs = () => idsOf(OUTPUTS);
const without = (left: readonly string[]) => () => all().filter((id) => !left.includes(id));
const root = without([...HOOKS, ...OUTPUTS]);
const layers = without(OUTPUTS);
const staged = without(HOOKS);
const release = () => ['release'];
const nothing = () => [];
const only =
  (...ids: string[]) =>
  () =>
    idsOf(ids);

/** By the end of a file's path, as much as tells it from others: what is made again when it changes. */
const TABLE: readonly (readonly [string, () => readonly string[]])[] = [
  // What runs every step: its environment, the tree that it sees, the sandbox.
  ['base/command', all],
  ['/step-ports', all],
  ['/root-tree', all],
  ['/sandbox/enter', all],
  ['/sandbox/inside', all],
  ['/sandbox/foreign', all],
  ['/id-map', all],
  ['/build/layer', layers],
  ['/tree-times', layers],
  ['/stage-layer', root],
  ['/hook-layer', hooks],
  ['/hook', hooks],
  ['/hook-host', hooks],
  ['/stage-output', outputs],
  ['/build/system', outputs],
  ['/run-stage', staged],
  ['/step-context', staged],
  ['/chroot', staged],
  ['/stand-ins-of-step', staged],
  ['/trampoline', staged],
  ['/secret', staged],
  ['base/uuid', staged],
  // Stages.
  ['stages/hostname', only('hostname')],
  ['stages/lun-image', only('lun-image')],
  ['/apt/install', only('debootstrap', 'packages', 'iscsi-initiator')],
  ['/lun-image/boot', only(...OUTPUTS)],
  ['/fs-verity-thread', only('lun-image')],
  ['stages/run', only('discard')],
  // What they ask the distribution, and nothing else of it.
  ['/debian/guard', staged],
  [
    '/debian/dpkg',
    only(
      'debootstrap',
      'packages',
      'locale',
      'users',
      'iscsi-initiator',
      'network',
      'initramfs',
      'time-servers',
      'cron',
      'seal',
      ...OUTPUTS,
    ),
  ],
  [
    '/debian/software',
    only(
      ...['locale', 'users', 'iscsi-initiator', 'network', 'initramfs', 'time-servers', 'cron', 'seal'],
      'lun-image',
    ),
  ],
  ['/debian/packages', only('packages', 'iscsi-initiator')],
  ['/debian/locale', only('locale')],
  ['/debian/initiator', only('iscsi-initiator')],
  ['/debian/network', only('network', 'boot-artifacts')],
  ['/debian/initramfs', only('initramfs')],
  ['/shortcuts', only('initramfs')],
  ['/debian/kernel', only('initramfs', ...OUTPUTS)],
  ['/debian/traces', only('seal')],
  ['/debian/console', only('boot-artifacts')],
  // For a root of another architecture.
  ['/debian/native', nothing],
  ['/debian/index', nothing],
  ['/distribution/index', nothing],
  // What carries results from one step to the next and puts the release together.
  ['/executor', release],
  ['/step-work', release],
  ['/build/manifest', release],
  ['/release/manifest', release],
  ['/release-files', release],
  ['/store/entry', release],
  ['/pool', release],
  // Words.
  ['base/failure', nothing],
  ['/command-failures', nothing],
  ['/hook-failure', nothing],
  ['/enter-failures', nothing],
  ['/archive-failure', nothing],
  ['/event', nothing],
  ['/render/tty', nothing],
  ['cli/main', nothing],
  // What came of them is in the keys by itself.
  ['pipeline/recipe/load', nothing],
  ['pipeline/plan/plan', nothing],
  ['/lock/lock', nothing],
  ['/fingerprint', nothing],
  ['stages/index', nothing],
];

describe('a change', () => {
  it.each(TABLE)('of %s', async (end, expected) => {
    const found = files.filter((file) => `/${file}`.endsWith(`${end}.js`));
    expect(found).toHaveLength(1);
    expect((await changedBy(found[0] ?? ''))[0]).toEqual(expected());
  });

  it('of any module counts where the compiler sees that it is imported, and of all others nowhere', async () => {
    const entries = befores.map(entriesOf);
    // Of each plan, which steps each module is part of.
    const users = await Promise.all(
      entries.map(async (steps) => {
        const found = new Map<string, Set<string>>();
        for (const [id, modules] of steps) {
          for (const file of await closure([...modules, ...SANDBOX]))
            found.set(file, (found.get(file) ?? new Set()).add(id));
        }
        return found;
      }),
    );
    const used = new Set(users.flatMap((found) => [...found.keys()]));
    expect([...used]).toEqual(expect.arrayContaining([...stages.keys()].map((name) => `stages/${name}.js`)));
    expect(used.size).toBeGreaterThan(200);
    for (const file of used) {
      const expected = entries.map((steps, plan) => {
        const ids = users[plan]?.get(file) ?? new Set();
        // A step's key is part of the release's.
        return [...steps.keys()].filter((id) => ids.has(id) || (id === 'release' && ids.size > 0));
      });
      expect([file, await changedBy(file)]).toEqual([file, expected]);
    }
    const others = files.filter((file) => !used.has(file));
    expect(others.length).toBeGreaterThan(100);
    for (const file of others) await writeFile(at(file), 'export const changed = 1;\n');
    const afters = await keys(new Map());
    expect(afters.map(({ release }) => release)).toEqual(befores.map(({ release }) => release));
  }, 120_000);
});

/** The modules by which each step of a plan, and the release, are made. */
function entriesOf({ steps }: KeyedPlan): Map<string, string[]> {
  const entries = steps.map(({ id, kind, work }): [string, string[]] => {
    if (typeof work === 'string') return [id, ['pipeline/build/hook-layer.js']];
    const { stage, distribution, emulator } = work;
    const native = emulator === undefined || distribution?.native === undefined ? [] : ['native'];
    const runner = kind === 'rootfs' ? 'stage-layer' : 'stage-output';
    const topics = distribution === undefined ? [] : ['guard', ...native, ...(stage.asks ?? [])];
    return [
      id,
      [
        `stages/${stage.name}.js`,
        ...topics.map((topic) => topicFile(distribution?.id ?? '', topic)),
        `pipeline/build/${runner}.js`,
      ],
    ];
  });
  return new Map([...entries, ['release', ['pipeline/build/executor.js']]]);
}

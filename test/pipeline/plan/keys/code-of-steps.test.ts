/** Which results each file of ours can change: the real files, each changed in turn, and the keys that follow. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeDigester } from '../../../../pipeline/plan/keys/code-digest.js';
import type { KeyedPlan, keyPlan } from '../../../../pipeline/plan/keys/fingerprint.js';
import { type Plan, planBuild } from '../../../../pipeline/plan/plan.js';
import { loadRecipe } from '../../../../pipeline/recipe/load.js';
import { distributions } from '../../../../stages/distribution/index.js';
import { stages } from '../../../../stages/index.js';
import { closure, SANDBOX } from '../../../util/compiled-modules.js';
import { writeStatus } from '../../../util/key-rig.js';

let folder: string;
/** Compiled modules, relative to their root. */
let files: string[];
let plan: Plan;
let before: KeyedPlan;
let keyPlanOfCopy: typeof keyPlan;

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
  await cp('recipes/debian-bookworm', join(folder, 'recipe'), { recursive: true });
  const scripts = { 'rootfs:pre': 'true', 'rootfs:post': 'true' };
  await writeFile(join(folder, 'recipe', 'package.json'), JSON.stringify({ name: 'recipe', scripts }));
  plan = planBuild(
    await loadRecipe(join(folder, 'recipe'), stages, { sourceDateEpoch: '' }),
    stages,
    distributions,
  );
  await writeStatus(
    join(folder, 'status'),
    Object.fromEntries(plan.tools.map((tool) => [tool.package, '1.0'])),
  );
  const module = (await import(pathToFileURL(at('pipeline/plan/keys/fingerprint.js')).href)) as {
    keyPlan: typeof keyPlan;
  };
  keyPlanOfCopy = module.keyPlan;
  before = await keys();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As a new process would see them. */
function keys(): Promise<KeyedPlan> {
  return keyPlanOfCopy(plan, {
    mirror: undefined,
    packages: new Map(),
    moduleOf: (stage) => pathToFileURL(at(`stages/${stage}.js`)),
    topicOf: (distribution, topic) => pathToFileURL(at(topicFile(distribution, topic))),
    code: codeDigester(),
    salt: Buffer.from('salt'),
    lunsmith: '0.0.0',
    packageDatabase: join(folder, 'status'),
  });
}

/** Steps whose code a change of a file changes, not those that only stand on such a step; with `release`. */
async function changedBy(file: string): Promise<string[]> {
  const text = await readFile(at(file), 'utf8');
  await writeFile(at(file), `${text}export const changed = 1;\n`);
  try {
    const after = await keys();
    const steps = after.steps.filter(({ inputs }, index) => inputs.code !== before.steps[index]?.inputs.code);
    return [...steps.map(({ id }) => id), ...(after.release === before.release ? [] : ['release'])];
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
      'seal',
      'lun-image',
    ),
  ],
  [
    '/debian/software',
    only('locale', 'users', 'iscsi-initiator', 'network', 'initramfs', 'seal', 'lun-image'),
  ],
  ['/debian/packages', only('packages', 'iscsi-initiator')],
  ['/debian/locale', only('locale')],
  ['/debian/initiator', only('iscsi-initiator')],
  ['/debian/network', only('network')],
  ['/debian/initramfs', only('initramfs')],
  ['/shortcuts', only('initramfs')],
  ['/debian/kernel', only(...OUTPUTS)],
  ['/debian/traces', only('seal')],
  ['/debian/console', only('boot-artifacts')],
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
    expect(await changedBy(found[0] ?? '')).toEqual(expected());
  });

  it('of any module counts where the compiler sees that it is imported, and of all others nowhere', async () => {
    const entries = new Map<string, string[]>([['release', ['pipeline/build/executor.js']]]);
    for (const { id, kind, work } of before.steps) {
      const runner =
        typeof work === 'string' ? 'hook-layer' : kind === 'rootfs' ? 'stage-layer' : 'stage-output';
      const stage = typeof work === 'string' ? [] : [`stages/${work.stage.name}.js`];
      const asked = typeof work === 'string' ? [] : ['guard', ...(work.stage.asks ?? [])];
      const topics = asked.map((topic) => topicFile('debian', topic));
      entries.set(id, [...stage, ...topics, `pipeline/build/${runner}.js`]);
    }
    const users = new Map<string, Set<string>>();
    for (const [id, modules] of entries) {
      for (const file of await closure([...modules, ...SANDBOX])) {
        users.set(file, (users.get(file) ?? new Set()).add(id));
      }
    }
    expect(users.size).toBeGreaterThan(100);
    for (const [file, ids] of users) expect([file, await changedBy(file)]).toEqual([file, idsOf([...ids])]);
    const others = files.filter((file) => !users.has(file));
    expect(others.length).toBeGreaterThan(100);
    for (const file of others) await writeFile(at(file), 'export const changed = 1;\n');
    const after = await keys();
    expect(after.release).toBe(before.release);
  }, 120_000);
});

/** Keys of plans that consist of made-up stages: whatever a stage declares counts, for it and for all above it. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { keysOf } from '../../../../pipeline/plan/keys/fingerprint.js';
import type { HookEvent } from '../../../../pipeline/recipe/hook-events.js';
import type { FactName } from '../../../../pipeline/stage.js';
import { changedNames, dependents, type KeyRig, keyRig, keysByName } from '../../../util/key-rig.js';
import {
  EMPTY,
  file,
  keysIn as keysInWorld,
  otherFiles,
  type Shape,
  type Spec,
  WORLD,
  type World,
} from '../../../util/key-world.js';

let rig: KeyRig;
beforeAll(async () => {
  rig = await keyRig();
});
afterAll(() => rig[Symbol.asyncDispose]());
afterEach(() => vi.unstubAllEnvs());

const keysIn = (shape: Shape, world: World) => keysInWorld(rig, shape, world);

const befores = new Map<string, ReturnType<typeof keysIn>>();

/** Keys in the world as it is, of the few shapes that all properties look at. */
function keysBefore(shape: Shape): ReturnType<typeof keysIn> {
  const name = JSON.stringify(shape);
  const known = befores.get(name) ?? keysIn(shape, WORLD);
  befores.set(name, known);
  return known;
}

interface Change {
  readonly to: Partial<World>;
  /** Whether a step that declares this depends on it. Default: no step. */
  readonly step?: (spec: Spec, id: string) => boolean;
  /** Whether a part does; default: when its step does. */
  readonly part?: (spec: Spec, part: NonNullable<Spec['part']>, id: string) => boolean;
  readonly hook?: (event: string) => boolean;
  /** Whether the release has a new key even when no step has. Default: not. */
  readonly release?: (shape: Shape) => boolean;
}

const always = () => true;
const hooked = ({ hooks }: Shape) => hooks.length > 0;
const readsFile =
  (name: string) =>
  ({ files }: Spec) =>
    files.includes(name);
const has =
  (key: 'facts' | 'secrets' | 'tools' | 'surroundings' | 'packages', value: string) => (spec: Spec) =>
    (spec[key] as readonly string[]).includes(value);
const inFolder = (name: string, files: Partial<World['files']>, without: readonly string[] = []): Change => ({
  to: otherFiles(name, files, without),
  step: readsFile('folder'),
  hook: always,
  release: hooked,
});

const CHANGES: Readonly<Record<string, Change>> = {
  'an option': {
    to: { options: { one: 2, two: ['x', 'y'] } },
    step: always,
    part: (_, { options }) => options.includes('one'),
  },
  'the order within an option': {
    to: { options: { one: 1, two: ['y', 'x'] } },
    step: always,
    part: (_, { options }) => options.includes('two'),
  },
  'content of a file': {
    to: otherFiles('content', { 'a.txt': file('other') }),
    step: readsFile('a.txt'),
    hook: always,
    release: hooked,
  },
  'executable bit of a file': {
    to: otherFiles('executable', { 'a.txt': file('a', { mode: 0o744 }) }),
    step: readsFile('a.txt'),
    hook: always,
    release: hooked,
  },
  'a file that is gone': {
    to: otherFiles('gone', {}, ['a.txt']),
    step: readsFile('a.txt'),
    hook: always,
    release: hooked,
  },
  'content in a folder': inFolder('inner', { 'folder/inner/c': file('other', { mode: 0o755 }) }),
  'executable bit in a folder': inFolder('inner-executable', { 'folder/inner/c': file('c') }),
  'a link’s target': inFolder('target', { 'folder/link': { link: 'inner/c' } }),
  'a file in the place of a link': inFolder('no-link', { 'folder/link': file('b') }),
  'a new file in a folder': inFolder('new', { 'folder/new': file('') }),
  'the name of a file in a folder': inFolder('name', { 'folder/d': file('b') }, ['folder/b']),
  'a file that no step reads': {
    to: otherFiles('unread', { 'unused.txt': file('other') }),
    hook: always,
    release: hooked,
  },
  'a secret in the environment': {
    to: { secret: 'other' },
    step: has('secrets', 'env:LUNSMITH_TEST_SECRET'),
  },
  'a secret in a file': {
    to: otherFiles('secret', { 'key.secret': file('other') }),
    step: has('secrets', 'file:key.secret'),
    hook: always,
    release: hooked,
  },
  'the version of a tool': {
    to: { tools: { ...WORLD.tools, mtools: '4.0.40-1' } },
    step: has('tools', 'mtools'),
  },
  surroundings: {
    to: { surroundings: { ...WORLD.surroundings, locale: 'POSIX' } },
    step: has('surroundings', 'locale'),
  },
  'the version of a package': {
    to: { package: { ...WORLD.package, version: '1.0-2' } },
    step: has('packages', 'changing'),
  },
  'the digest of a package': {
    to: { package: { ...WORLD.package, sha256: 'b'.repeat(64) } },
    step: has('packages', 'changing'),
  },
  'the architecture': { to: { architecture: 'arm64' }, step: always, hook: always, release: always },
  'the epoch': { to: { epoch: 0 }, step: always, hook: always, release: always },
  'the recipe’s name': {
    to: { name: 'other' },
    step: has('facts', 'name'),
    part: (_, { facts }) => facts.includes('name'),
    hook: always,
    release: always,
  },
  'the disk': {
    to: { bytes: 8 << 20 },
    step: has('facts', 'disk'),
    part: (_, { facts }) => facts.includes('disk'),
    release: always,
  },
  'the kernel command line': {
    to: { commandLine: ['quiet', 'splash'] },
    step: has('facts', 'kernel'),
    part: (_, { facts }) => facts.includes('kernel'),
    release: always,
  },
  'code of the first stage': { to: { code: { 'root-0': 'new' } }, step: (_, id) => id === 'root-0' },
  'code of the second stage': { to: { code: { 'root-1': 'new' } }, step: (_, id) => id === 'root-1' },
  'code of an output stage': { to: { code: { 'output-0': 'new' } }, step: (_, id) => id === 'output-0' },
  'code of a stage that is not used': { to: { code: { unused: 'new' } } },
  'the script of an early hook': {
    to: { scripts: { ...WORLD.scripts, 'rootfs:pre': 'false' } },
    hook: (event) => event === 'rootfs:pre',
  },
  'the script of a late hook': {
    to: { scripts: { ...WORLD.scripts, 'rootfs:post': 'false' } },
    hook: (event) => event === 'rootfs:post',
  },
  'the script of a hook that changes no root': {
    to: { scripts: { ...WORLD.scripts, 'image:post': 'false' } },
    release: ({ hooks }) => hooks.includes('image:post'),
  },
  'the version of lunsmith': { to: { lunsmith: '1.0.1' }, release: always },
  // What must not matter.
  'the mirror': { to: { mirror: 'http://other.example.org/debian' } },
  'the folder': { to: { folder: 'elsewhere/and/deeper' } },
  'times of files': {
    to: otherFiles('times', { 'a.txt': file('a', { seconds: 5 }), 'folder/b': file('b', { seconds: 6 }) }),
  },
  'permissions that depend on a umask': {
    to: otherFiles('umask', {
      'a.txt': file('a', { mode: 0o600 }),
      'folder/b': file('b', { mode: 0o664 }),
      'folder/inner/c': file('c', { mode: 0o700 }),
    }),
  },
  'where a package lies': { to: { package: { ...WORLD.package, path: 'pool/elsewhere' } } },
  'the version of a tool that is not used': { to: { tools: { ...WORLD.tools, gcc: '13' } } },
};

const FACTS = ['name', 'disk', 'kernel'] as const satisfies readonly FactName[];
const spec: fc.Arbitrary<Spec> = fc.record({
  facts: fc.subarray([...FACTS]),
  files: fc.subarray(['a.txt', 'folder']),
  secrets: fc.subarray(['env:LUNSMITH_TEST_SECRET', 'file:key.secret']),
  tools: fc.subarray(['e2fsprogs', 'mtools']),
  surroundings: fc.subarray(['sources', 'locale']),
  packages: fc.subarray(['changing', 'steady']),
});
const outputSpec: fc.Arbitrary<Spec> = spec.chain((whole) =>
  fc
    .option(
      fc.record({
        facts: fc.subarray([...whole.facts]),
        options: fc.subarray(['one', 'two']),
      }),
      { nil: undefined },
    )
    .map((part) => (part === undefined ? whole : { ...whole, part })),
);
const shape: fc.Arbitrary<Shape> = fc.record({
  root: fc.array(spec, { minLength: 2, maxLength: 4 }),
  outputs: fc.array(outputSpec, { minLength: 1, maxLength: 2 }),
  hooks: fc.subarray<HookEvent>(['rootfs:pre', 'rootfs:post', 'image:post']),
});

const DIGEST: unknown = expect.stringMatching(/^[0-9a-f]{64}$/);

describe('a key changes with', () => {
  it.each(Object.entries(CHANGES))('%s: exactly where it goes in', async (_, change) => {
    const { to, step = () => false, hook = () => false, release = () => false } = change;
    const property = fc.asyncProperty(shape, async (given) => {
      const [before, after] = [await keysBefore(given), await keysIn(given, { ...WORLD, ...to })];
      const direct = (name: string): boolean => {
        const [id = '', inside] = name.split('/');
        const own = before.ids.get(id);
        if (own === undefined) return hook(id);
        if (inside === undefined || own.part === undefined) return step(own, id);
        return change.part?.(own, own.part, id) ?? step(own, id);
      };
      const expected = dependents(before.keyed, direct);
      expect(changedNames(before.keyed, after.keyed)).toEqual(expected);
      const steps = expected.filter((name) => !name.includes('/'));
      expect(after.keyed.release !== before.keyed.release).toBe(steps.length > 0 || release(given));
    });
    await fc.assert(property, { seed: 1, numRuns: 4 });
  });

  it('the order of steps', async () => {
    const property = fc.asyncProperty(shape, async (given) => {
      const [before, after] = [await keysBefore(given), await keysIn(given, { ...WORLD, swap: true })];
      // A hook after the first step stands on another one too.
      expect(changedNames(before.keyed, after.keyed)).toEqual([...keysByName(after.keyed).keys()]);
    });
    await fc.assert(property, { seed: 1, numRuns: 4 });
  });

  it('a step that is new, gone or a hook that is new: for it and all above it', async () => {
    const property = fc.asyncProperty(shape, async (given) => {
      const [first, ...others] = given.root;
      const fewer = { ...given, root: [first as Spec, ...others.slice(0, -1)] };
      const [whole, less] = [await keysIn(given, WORLD), await keysIn(fewer, WORLD)];
      const last = `root-${given.root.length - 1}`;
      const names = [...keysByName(whole.keyed).keys()];
      expect(changedNames(less.keyed, whole.keyed)).toEqual(names.slice(names.indexOf(last)));
      expect(changedNames(whole.keyed, less.keyed)).toEqual(
        names.slice(names.indexOf(last)).filter((name) => name !== last),
      );
      const [without, withHook] = [
        await keysIn({ ...given, hooks: [] }, WORLD),
        await keysIn({ ...given, hooks: ['rootfs:pre'] }, WORLD),
      ];
      expect(changedNames(without.keyed, withHook.keyed)).toEqual(
        dependents(withHook.keyed, (name) => name === 'rootfs:pre'),
      );
    });
    await fc.assert(property, { seed: 1, numRuns: 4 });
  });

  it('the salt: only where a secret goes in, which does not stand in the inputs', async () => {
    const secretive: Spec = { ...EMPTY, secrets: ['env:LUNSMITH_TEST_SECRET'] };
    const given: Shape = { root: [EMPTY, secretive], outputs: [EMPTY], hooks: [] };
    const { keyed } = await keysIn(given, WORLD);
    const other = await rig.keys(keyed.plan, { salt: 'other', tools: WORLD.tools });
    expect(changedNames(keyed, other)).toEqual(['root-1', 'output-0']);
    expect(keyed.steps[1]?.inputs.secrets).toEqual({
      'env:LUNSMITH_TEST_SECRET': DIGEST,
    });
    expect(JSON.stringify(keysOf(keyed))).not.toContain(WORLD.secret);
  });
});

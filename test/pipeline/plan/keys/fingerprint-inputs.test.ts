/** What a step's inputs are, which recipes share them, and how keys travel to another process. */
import { cp, mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bindKeys, keysOf, type PlanKeys } from '../../../../pipeline/plan/keys/fingerprint.js';
import { changedNames, type KeyRig, keyRig } from '../../../util/key-rig.js';
import {
  EMPTY,
  file,
  keysIn as keysInWorld,
  otherFiles,
  type Shape,
  WORLD,
  type World,
} from '../../../util/key-world.js';
import { changed, RIGHT, recipeRig } from '../../../util/recipe-rig.js';

let rig: KeyRig;
beforeAll(async () => {
  rig = await keyRig();
});
afterAll(() => rig[Symbol.asyncDispose]());
afterEach(() => vi.unstubAllEnvs());

const keysIn = (shape: Shape, world: World) => keysInWorld(rig, shape, world);

const DIGEST: unknown = expect.stringMatching(/^[0-9a-f]{64}$/);

describe('the inputs of a step', () => {
  it('are named', async () => {
    const given: Shape = {
      root: [
        EMPTY,
        {
          facts: ['kernel'],
          files: ['a.txt', 'missing'],
          secrets: [],
          tools: ['mtools'],
          surroundings: ['locale'],
          packages: ['changing'],
        },
      ],
      outputs: [{ ...EMPTY, facts: ['name', 'kernel'], part: { facts: ['name'], options: ['two'] } }],
      hooks: [],
    };
    const { keyed } = await keysIn(given, WORLD);
    const [first, second, output] = keyed.steps;
    expect(second?.inputs).toEqual({
      format: 'lunsmith-step/1',
      stage: 'root-1',
      code: DIGEST,
      options: { one: 1, two: ['x', 'y'] },
      facts: { architecture: 'amd64', epoch: 1_767_225_600, kernel: { commandLine: ['quiet'] } },
      files: { 'a.txt': DIGEST, missing: DIGEST },
      secrets: {},
      tools: { mtools: '4.0.33-1' },
      surroundings: { locale: 'C' },
      packages: { 'changing:amd64': `1.0-1 sha256 ${'a'.repeat(64)}` },
      below: first?.key,
    });
    expect(first?.inputs).not.toHaveProperty('below');
    expect(output?.parts['part']?.inputs).toEqual({
      ...output?.inputs,
      stage: 'output-0/part',
      options: { two: ['x', 'y'] },
      facts: { architecture: 'amd64', epoch: 1_767_225_600, name: 'demo' },
    });
  });

  it('count folders of a recipe that are not its own text for no hook', async () => {
    const given: Shape = { root: [EMPTY], outputs: [EMPTY], hooks: ['rootfs:post'] };
    const names = ['node_modules/x/index.js', '.git/HEAD', 'recipe.lock'];
    const more = Object.fromEntries(names.map((name) => [name, file('new')]));
    const deeper = Object.fromEntries(names.map((name) => [`folder/${name}`, file('new')]));
    const [before, beside, below] = [
      await keysIn(given, WORLD),
      await keysIn(given, { ...WORLD, ...otherFiles('beside', more) }),
      await keysIn(given, { ...WORLD, ...otherFiles('below', deeper) }),
    ];
    expect(changedNames(before.keyed, beside.keyed)).toEqual([]);
    // There they are files like all others, for an image perhaps.
    expect(changedNames(before.keyed, below.keyed)).toEqual(['rootfs:post', 'output-0']);
  });

  it('need the secrets to be there', async () => {
    const given: Shape = {
      root: [{ ...EMPTY, secrets: ['env:LUNSMITH_TEST_SECRET'] }],
      outputs: [],
      hooks: [],
    };
    await expect(keysIn(given, { ...WORLD, secret: '' })).rejects.toMatchObject({
      kind: 'recipe',
      message: 'The secret `env:LUNSMITH_TEST_SECRET` is not there.',
    });
  });
});

describe('a recipe', () => {
  const keysOfRecipe = async (text: string, folder = 'r') => {
    await using recipes = await recipeRig({ [`${folder}/recipe.yaml`]: text });
    return await rig.keys(await recipes.plan(folder));
  };

  it('has the same keys however its YAML is written, wherever it lies', async () => {
    const before = await keysOfRecipe(RIGHT);
    const keys = RIGHT.replace(
      '- { name: root, type: linux, size: rest, mount: / }',
      '- { mount: /, size: rest, type: linux, name: root }',
    ).replace(/^(name: demo\n)([\s\S]*)$/, '# A comment.\n$2\n$1');
    expect(keys).not.toBe(RIGHT);
    const after = await keysOfRecipe(keys, 'some/other/place');
    expect(changedNames(before, after)).toEqual([]);
    expect(after.release).toBe(before.release);
  });

  it('has the same keys when a default is written out', async () => {
    const after = await keysOfRecipe(changed('      install:', '      recommends: false\n      install:'));
    expect(changedNames(await keysOfRecipe(RIGHT), after)).toEqual([]);
  });

  it('has the same keys in a folder that was moved or is reached by a link', async () => {
    const hook = JSON.stringify({ scripts: { 'rootfs:post': 'true' } });
    await using recipes = await recipeRig({
      'r/recipe.yaml': changed(
        '- uses: initramfs',
        '- { uses: files, with: { source: tree } }\n  - uses: initramfs',
      ),
      'r/tree/etc/motd': 'hello\n',
      'r/package.json': hook,
    });
    const before = await rig.keys(await recipes.plan('r'));
    await symlink('r', join(recipes.root, 'link'));
    expect(changedNames(before, await rig.keys(await recipes.plan('link')))).toEqual([]);
    await cp(join(recipes.root, 'r'), join(recipes.root, 'copy'), { recursive: true });
    expect(changedNames(before, await rig.keys(await recipes.plan('copy')))).toEqual([]);
    await mkdir(join(recipes.root, 'else', 'where'), { recursive: true });
    await rename(join(recipes.root, 'r'), join(recipes.root, 'else', 'where', 'r'));
    expect(changedNames(before, await rig.keys(await recipes.plan('else/where/r')))).toEqual([]);
  });

  it('shares the keys of the steps that it shares with another recipe', async () => {
    await using recipes = await recipeRig({
      'base/recipe.yaml': RIGHT,
      'child/recipe.yaml': [
        'name: child',
        'extends: ../base',
        'steps:',
        '  - { name: extra, uses: files, with: { mode: "0600" }, after: packages }',
        '',
      ].join('\n'),
    });
    const [base, child] = [
      await rig.keys(await recipes.plan('base')),
      await rig.keys(await recipes.plan('child')),
    ];
    expect(changedNames(base, child)).toEqual(['extra', 'initramfs', 'seal', 'lun-image', 'boot-artifacts']);
  });
});

describe('keys that travel to another process', () => {
  const given: Shape = {
    root: [EMPTY, EMPTY],
    outputs: [{ ...EMPTY, part: { facts: [], options: ['one'] } }],
    hooks: ['rootfs:pre', 'rootfs:post'],
  };

  it('are the same there', async () => {
    const { keyed } = await keysIn(given, WORLD);
    const sent = JSON.parse(JSON.stringify(keysOf(keyed))) as PlanKeys;
    expect(bindKeys(keyed.plan, sent)).toEqual(keyed);
  });

  it('are not bound to a plan without their steps', async () => {
    const { keyed } = await keysIn(given, WORLD);
    const plan = { ...keyed.plan, steps: keyed.plan.steps.slice(1) };
    expect(() => bindKeys(plan, keysOf(keyed))).toThrow(
      expect.objectContaining({ kind: 'internal', message: 'The plan has no step root-0.' }),
    );
  });
});

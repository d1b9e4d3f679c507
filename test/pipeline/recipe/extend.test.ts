/** `extends`: what a child recipe inherits, changes, leaves out and puts where. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Diagnostic, Failure } from '../../../base/failure.js';
import { type MapNode, toPlain } from '../../../base/yaml/node.js';
import { parseYaml } from '../../../base/yaml/parse.js';
import { mergeRecipes } from '../../../pipeline/recipe/extend.js';
import { FAKE_REGISTRY, RIGHT, recipeRig } from '../../util/recipe-rig.js';

async function loaded(child: string) {
  await using rig = await recipeRig({
    'base/recipe.yaml': RIGHT,
    'child/recipe.yaml': `extends: ../base\n${child}`,
  });
  return await rig.load('child');
}

async function problems(child: string, more: Readonly<Record<string, string>> = {}) {
  await using rig = await recipeRig({ 'base/recipe.yaml': RIGHT, 'child/recipe.yaml': child, ...more });
  return await rig.problems('child');
}

const names = (recipe: { steps: readonly { name: string }[] }) => recipe.steps.map(({ name }) => name);

describe('a child recipe', () => {
  it('inherits all that it does not say, under a name of its own', async () => {
    const child = await loaded('name: child\n');
    expect(names(child)).toEqual(['bootstrap', 'packages', 'initramfs', 'seal']);
    expect(child.disk?.partitions.map(({ name }) => name)).toEqual(['bios', 'esp', 'swap', 'root']);
    await using rig = await recipeRig({ 'base/recipe.yaml': RIGHT });
    expect((await rig.load('base')).disk?.guid).not.toBe(child.disk?.guid);
  });

  it('merges maps and replaces scalars and lists', async () => {
    const child = await loaded(
      'name: child\nvariables: { suite: { default: trixie } }\nsteps:\n  - { uses: bootstrap, with: { variant: standard } }\n' +
        '  - { name: packages, with: { install: [zstd] } }\ndisk: { size: 8G }\nkernel: { command-line: [console=ttyS0] }\n',
    );
    expect(child.steps.slice(0, 2).map(({ options }) => options)).toEqual([
      { suite: 'trixie', variant: 'standard' },
      { install: ['zstd'], recommends: false, retries: 3 },
    ]);
    expect([child.disk?.bytes, child.kernel.commandLine]).toEqual([8 * 1024 ** 3, ['console=ttyS0']]);
  });

  it.each([
    ['{ add: [zstd] }', ['linux-image-amd64', 'open-iscsi', 'zstd']],
    ['{ add: [zstd], remove: [open-iscsi] }', ['linux-image-amd64', 'zstd']],
    ['{ add: [open-iscsi] }', ['linux-image-amd64', 'open-iscsi']],
    ['{ replace: [zstd] }', ['zstd']],
    ['{ remove: [open-iscsi] }', ['linux-image-amd64']],
  ])('changes an inherited list: %s', async (change, install) => {
    const child = await loaded(`name: child\nsteps: [{ name: packages, with: { install: ${change} } }]\n`);
    expect(child.steps[1]?.options).toMatchObject({ install });
    expect(child.warnings).toBeUndefined();
  });

  it('says which values a list drops that takes the place of an inherited one', async () => {
    const child = await loaded('name: child\nsteps: [{ name: packages, with: { install: [zstd] } }]\n');
    expect(child.warnings).toMatchObject([
      {
        what: '`install` replaces the inherited list and drops 2 of its values: linux-image-amd64, open-iscsi.',
        place: { line: 3 },
        hint: 'Write `install: { add: […], remove: […] }` to change the inherited list, or `{ replace: […] }` if this is meant.',
      },
    ]);
  });

  it('leaves out a value that it unsets', async () => {
    const child = await loaded(
      'name: child\nsteps: [{ name: packages, with: { install: { unset: true } } }]\n',
    );
    expect(child.steps[1]?.options).toEqual({ install: [], recommends: false, retries: 3 });
  });

  it.each([
    [
      'steps: [{ name: packages, with: { install: { remove: [open-iscis] } } }]',
      'The recipe that is extended has no `open-iscis` in `install`.',
      'Did you mean `open-iscsi`?',
    ],
    [
      'steps: [{ name: packages, with: { install: { replace: [zstd], add: [xz] } } }]',
      '`replace` with `add` or `remove` says too much.',
      'Put all values into `replace`.',
    ],
    ['epoch: { add: [1] }', 'The recipe that is extended says nothing about `epoch`.', 'Write a list.'],
    [
      'description: { unset: true }',
      'The recipe that is extended says nothing about `description`.',
      'Remove the line.',
    ],
  ])('cannot change what is not there: %s', async (text, what, hint) => {
    const told = await problems(`name: child\nextends: ../base\n${text}\n`);
    expect(told).toContain(`child/recipe.yaml:3:`);
    expect(told).toContain(what);
    expect(told).toContain(hint);
  });

  it('leaves inherited maps and lists alone where it says nothing', async () => {
    const child = await loaded('name: child\nsteps:\n  - uses: bootstrap\n    with:\ndisk:\nkernel:\n');
    expect(child.steps[0]?.options).toEqual({ suite: 'bookworm', variant: 'minbase' });
  });

  it.each([
    ['without a place', '- { name: more, uses: packages }', 'bootstrap packages more initramfs seal'],
    [
      'after another',
      '- { name: more, uses: packages, after: bootstrap }',
      'bootstrap more packages initramfs seal',
    ],
    [
      'before another',
      '- { name: more, uses: packages, before: packages }',
      'bootstrap more packages initramfs seal',
    ],
    [
      'two after the same',
      '- { name: one, uses: files, after: bootstrap }\n  - { name: two, uses: files, after: bootstrap }',
      'bootstrap one two packages initramfs seal',
    ],
    [
      'one after a new one',
      '- { name: one, uses: files }\n  - { name: two, uses: files, before: one }',
      'bootstrap packages two one initramfs seal',
    ],
    ['that is moved', '- { name: packages, before: seal }', 'bootstrap initramfs packages seal'],
  ])('places a step %s', async (_, step, order) => {
    const merged = merge(RIGHT, `steps:\n  ${step}\n`);
    expect(stepNames(merged)).toBe(order);
  });

  it('leaves out what it removes', async () => {
    const child = await loaded(
      'name: child\nsteps:\n  - { name: packages, remove: true }\ndisk: { partitions: [{ name: swap, remove: true }] }\n',
    );
    expect(names(child)).toEqual(['bootstrap', 'initramfs', 'seal']);
    expect(child.disk?.partitions.map(({ name }) => name)).toEqual(['bios', 'esp', 'root']);
  });

  it('takes another stage without the options of the inherited one', async () => {
    const child = await loaded(
      'name: child\nsteps:\n  - { name: packages, uses: files, with: { source: x } }\n',
    );
    expect(child.steps[1]).toMatchObject({ name: 'packages', uses: 'files', options: { source: 'x' } });
  });

  it('puts a new partition before the one that takes the rest', async () => {
    const child = await loaded(
      'name: child\ndisk: { partitions: [{ name: swap, size: 1G }, { name: srv, type: linux, size: 1G, mount: /srv }] }\n',
    );
    expect(child.disk?.partitions.map(({ name, size }) => [name, size])).toEqual([
      ['bios', { bytes: 3 << 20 }],
      ['esp', { bytes: 64 << 20 }],
      ['swap', { bytes: 1 << 30 }],
      ['srv', { bytes: 1 << 30 }],
      ['root', 'rest'],
    ]);
  });

  it('finds the files of the recipe that named them', async () => {
    const base = RIGHT.replace(
      '  - uses: initramfs',
      "  - uses: files\n    with: { source: files, keys: ['file:keys/a', inline] }\n  - uses: initramfs",
    );
    await using rig = await recipeRig({
      'a/base/recipe.yaml': base,
      'b/recipe.yaml': 'name: b\nextends: ../a/base\n',
      'c/recipe.yaml': 'name: c\nextends: ../b\nsteps: [{ name: files, with: { source: own } }]\n',
    });
    expect((await rig.load('b')).steps[2]?.options).toMatchObject({
      source: '../a/base/files',
      keys: ['file:../a/base/keys/a', 'inline'],
    });
    expect((await rig.load('c')).steps[2]?.options).toMatchObject({
      source: 'own',
      keys: ['file:../a/base/keys/a', 'inline'],
    });
  });

  it('may be named by an absolute path, which messages show as it is', async () => {
    await using rig = await recipeRig({ 'base/recipe.yaml': RIGHT.replace('install:', 'instal:') });
    const child = join(rig.root, 'child');
    await mkdir(child);
    await writeFile(join(child, 'recipe.yaml'), `name: child\nextends: ${rig.root}/base\n`);
    const failure = await rig.load('child').then(() => undefined, Failure.from);
    expect(failure?.diagnostics[0].place?.file).toBe(join(rig.root, 'base/recipe.yaml'));
  });

  it('reads package.json of its own folder alone, and lists all files', async () => {
    const hooks = JSON.stringify({ scripts: { 'rootfs:post': 'x' } });
    await using rig = await recipeRig({
      'base/recipe.yaml': RIGHT,
      'base/package.json': hooks,
      'child/recipe.yaml': 'name: child\nextends: ../base\n',
    });
    const child = await rig.load('child');
    expect(child.hooks).toEqual({});
    expect(child.sources.map((path) => path.slice(rig.root.length))).toEqual([
      '/child/recipe.yaml',
      '/base/recipe.yaml',
    ]);
  });
});

describe('what a child recipe gets wrong', () => {
  it('is told where it stands, whichever file that is', async () => {
    const base = RIGHT.replace('recommends', 'x').replace('install:', 'instal:');
    expect(
      await problems('name: child\nextends: ../base\nsteps: [{ name: bootstrap, with: { varant: x } }]\n', {
        'base/recipe.yaml': base,
      }),
    ).toMatchInlineSnapshot(`
      "base/recipe.yaml:9:7 Unknown key \`instal\`.
            instal: [linux-image-amd64, open-iscsi]
            ^^^^^^
        Expected: one of install, recommends, retries
        Hint: Did you mean \`install\`?

      child/recipe.yaml:3:36 Unknown key \`varant\`.
      steps: [{ name: bootstrap, with: { varant: x } }]
                                         ^^^^^^
        Expected: one of suite, mirror, variant
        Hint: Did you mean \`variant\`?"
    `);
  });

  it('is a name that the parent does not have', async () => {
    expect(
      await problems(
        'name: child\nextends: ../base\nsteps:\n  - { name: package, remove: true }\n  - { name: more, uses: files, after: bootsrap }\n',
      ),
    ).toMatchInlineSnapshot(`
      "child/recipe.yaml:4:13 The recipe that is extended has no step \`package\`.
        - { name: package, remove: true }
                  ^^^^^^^
        Expected: one of bootstrap, packages, initramfs, seal
        Hint: Did you mean \`packages\`?

      child/recipe.yaml:5:39 The recipe that is extended has no step \`bootsrap\`.
        - { name: more, uses: files, after: bootsrap }
                                            ^^^^^^^^
        Expected: one of bootstrap, packages, initramfs, seal
        Hint: Did you mean \`bootstrap\`?"
    `);
  });

  it('is too much, or of the wrong kind', async () => {
    expect(
      await problems(
        'name: child\nextends: ../base\nsteps:\n  - { name: packages, remove: yes }\n  - { name: more, uses: files, after: packages, before: seal }\n',
      ),
    ).toMatchInlineSnapshot(`
      "child/recipe.yaml:4:31 Wrong kind of value of \`remove\`.
        - { name: packages, remove: yes }
                                    ^^^
        Expected: true or false

      child/recipe.yaml:5:57 \`after\` and \`before\` together say too much.
        - { name: more, uses: files, after: packages, before: seal }
                                                              ^^^^
        Hint: Keep one of them."
    `);
  });

  it('is a step that is new, but says no stage', async () => {
    expect(
      await problems('name: child\nextends: ../base\nsteps:\n  - { name: pakages, with: {} }\n'),
    ).toMatchInlineSnapshot(`
      "child/recipe.yaml:4:13 The recipe that is extended has no step \`pakages\`.
        - { name: pakages, with: {} }
                  ^^^^^^^
        Expected: one of bootstrap, packages, initramfs, seal
        Hint: Did you mean \`packages\`?"
    `);
  });

  it('is the same step twice', async () => {
    expect(
      await problems('name: child\nextends: ../base\nsteps:\n  - { uses: files }\n  - { uses: files }\n'),
    ).toMatchInlineSnapshot(`
      "child/recipe.yaml:5:13 Two steps are named \`files\`.
        - { uses: files }
                  ^^^^^
        Hint: Give one of them another \`name:\`."
    `);
  });

  it('is no name', async () => {
    expect(await problems('extends: ../base\n')).toMatchInlineSnapshot(`
      "child/recipe.yaml:1:10 Missing key \`name\`.
      extends: ../base
               ^^^^^^^
        Expected: a name of its own: the UUIDs of the disk follow from it"
    `);
  });

  it('is a folder that is not there', async () => {
    expect(await problems('name: child\nextends: ../bass\n')).toMatchInlineSnapshot(`
      "child/recipe.yaml:2:10 There is no folder bass.
      extends: ../bass
               ^^^^^^^
        Expected: a folder that holds recipe.yaml"
    `);
  });

  it('is no folder at all', async () => {
    expect(await problems('name: child\nextends: [a]\n')).toMatchInlineSnapshot(`
      "child/recipe.yaml:2:1 Wrong kind of value of \`extends\`.
      extends: [a]
      ^^^^^^^
        Expected: the folder of another recipe, relative to this one"
    `);
  });

  it('is a circle', async () => {
    expect(
      await problems('name: child\nextends: ../base\n', {
        'base/recipe.yaml': 'name: base\nextends: ../child/../child\n',
      }),
    ).toMatchInlineSnapshot(`
      "base/recipe.yaml:2:10 The recipe extends itself.
      extends: ../child/../child
               ^^^^^^^^^^^^^^^^^
        Found: child/recipe.yaml -> base/recipe.yaml -> child/recipe.yaml
        Hint: Remove one of these \`extends\`."
    `);
  });
});

function tree(text: string): MapNode {
  const parsed = parseYaml({ file: 'recipe.yaml', folder: '/', text });
  if (!('root' in parsed) || parsed.root.kind !== 'map') throw new Error('no map');
  return parsed.root;
}

function merge(parent: string, over: string): MapNode {
  const found: Diagnostic[] = [];
  const merged = mergeRecipes(tree(parent), tree(over), FAKE_REGISTRY, { problems: found, warnings: [] });
  expect(found).toEqual([]);
  return merged;
}

function stepNames(root: MapNode): string {
  const { steps } = toPlain(root) as { steps: { name?: string; uses: string }[] };
  return steps.map(({ name, uses }) => name ?? uses).join(' ');
}

describe('merging', () => {
  const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.constantFrom('a', 'b'));
  const value = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('x', 'y'), scalar),
  );
  const step = fc.record({
    name: fc.constantFrom('one', 'two', 'three'),
    uses: fc.constantFrom('packages', 'files', 'seal'),
    with: fc.dictionary(fc.constantFrom('p', 'q', 'r'), value),
  });
  const steps = fc.uniqueArray(step, { selector: ({ name }) => name, maxLength: 3 });
  const recipe = fc.record({
    name: fc.constantFrom('a', 'b'),
    steps,
    disk: fc.dictionary(fc.constantFrom('table', 'size'), value),
  });

  it('twice is merging once', () => {
    fc.assert(
      fc.property(recipe, recipe, (parent, over) => {
        const once = merge(JSON.stringify(parent), JSON.stringify(over));
        const twice = mergeRecipes(once, tree(JSON.stringify(over)), FAKE_REGISTRY, {
          problems: [],
          warnings: [],
        });
        expect(toPlain(twice)).toEqual(toPlain(once));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('a recipe with itself changes nothing', () => {
    fc.assert(
      fc.property(recipe, (one) => {
        expect(toPlain(merge(JSON.stringify(one), JSON.stringify(one)))).toEqual(one);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

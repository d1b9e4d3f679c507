/** A recipe that builds no root: an output stage that needs none is all of it. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keyPlan } from '../../../pipeline/plan/keys/fingerprint.js';
import { recipeWarnings } from '../../../pipeline/plan/plan.js';
import { recipeJsonSchema } from '../../../pipeline/recipe/json-schema.js';
import { defineStage, type StageRegistry } from '../../../pipeline/stage.js';
import { stages } from '../../../stages/index.js';
import { changed, FAKE_REGISTRY, recipeRig } from '../../util/recipe-rig.js';

const installer = defineStage({
  name: 'installer-lun',
  summary: 'Write a LUN that installs a system.',
  kind: 'output',
  section: 'installer',
  provides: ['LUN image'],
  tools: [],
  options: z.strictObject({ iso: z.string().describe('The installation medium.') }),
  run: async () => undefined,
});

const registry: StageRegistry = new Map([...FAKE_REGISTRY, ['installer-lun', installer]]);
const text = 'name: installer\ninstaller: { iso: setup.iso }\n';

async function problems(recipe: string): Promise<string> {
  await using rig = await recipeRig({ 'r/recipe.yaml': recipe }, registry);
  return await rig.problems('r');
}

describe('a recipe without a root', () => {
  it('is a plan of its output stage, without a disk and without a word about a console', async () => {
    await using rig = await recipeRig({ 'r/recipe.yaml': text }, registry);
    const plan = await rig.plan('r');
    expect(plan.steps.map(({ id, options }) => [id, options])).toEqual([
      ['installer-lun', { iso: 'setup.iso' }],
    ]);
    expect(plan.recipe.disk).toBeUndefined();
    expect(recipeWarnings(plan)).toEqual([]);
  });

  it('has keys for its steps', async () => {
    await using rig = await recipeRig({ 'r/recipe.yaml': text }, registry);
    const keyed = await keyPlan(await rig.plan('r'), {
      mirror: undefined,
      packages: new Map(),
      moduleOf: (name) => new URL(`file:///stages/${name}.js`),
      topicOf: (distribution, topic) => new URL(`file:///stages/${distribution}-${topic}.js`),
      code: () => 'code',
      salt: new Uint8Array(32),
      lunsmith: '1',
    });
    expect(keyed.steps.map(({ id, kind }) => [id, kind])).toEqual([['installer-lun', 'output']]);
  });

  it('tells what is wrong with its section', async () => {
    expect(await problems('name: installer\ninstaller: { isp: setup.iso }\n')).toMatchInlineSnapshot(`
      "r/recipe.yaml:2:14 Unknown key \`isp\`.
      installer: { isp: setup.iso }
                   ^^^
        Expected: iso
        Hint: Did you mean \`iso\`?"
    `);
  });

  it('may be extended', async () => {
    const child = 'name: child\nextends: ../r\ninstaller: { iso: other.iso }\n';
    await using rig = await recipeRig({ 'r/recipe.yaml': text, 'c/recipe.yaml': child }, registry);
    expect((await rig.plan('c')).steps.map(({ options }) => options)).toEqual([{ iso: 'other.iso' }]);
  });

  it('is in the schema for editors', () => {
    const { properties = {}, anyOf } = recipeJsonSchema(registry);
    expect(properties['installer']).toMatchObject({ description: 'Write a LUN that installs a system.' });
    expect(anyOf).toContainEqual({ required: ['installer'] });
  });
});

it('two stages that make the same thing are one too many', async () => {
  const both = changed('name: demo\n', 'name: demo\ninstaller: { iso: setup.iso }\n');
  expect(await problems(both)).toMatchInlineSnapshot(`
    "r/recipe.yaml:2:1 \`lun-image\` and \`installer-lun\` both provide the LUN image, which one step of a recipe does.
    installer: { iso: setup.iso }
    ^^^^^^^^^
      Hint: Remove one of them."
  `);
});

it('a disk that nothing fills', async () => {
  expect(await problems(`name: x\n${changed('', '').replace(/^[^]*(?=disk:)/, '')}`)).toMatchInlineSnapshot(`
    "r/recipe.yaml:2:1 No step provides the root, which \`lun-image\` needs.
    disk:
    ^^^^
      Expected: one step that uses bootstrap
      Hint: Add it at the end of \`steps\`.

    r/recipe.yaml:2:1 No step provides the sealed root, which \`lun-image\` needs.
    disk:
    ^^^^
      Expected: one step that uses seal
      Hint: Add it at the end of \`steps\`."
  `);
});

it('some stage provides each thing that another needs', () => {
  const all = [...stages.values()];
  const provided = new Set(all.flatMap(({ provides = [] }) => provides));
  const needed = all.flatMap(({ requires = [], changes = [], withOption }) => [
    ...requires,
    ...changes,
    ...(withOption === undefined ? [] : [...withOption.requires, ...withOption.changes]),
  ]);
  expect(needed.filter((thing) => !provided.has(thing))).toEqual([]);
});

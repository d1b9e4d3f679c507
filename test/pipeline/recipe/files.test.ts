/** `extends: lunsmith/recipes/NAME`: a recipe that comes with lunsmith, wherever that is installed. */
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { readRecipeChain } from '../../../pipeline/recipe/files.js';
import { RIGHT, recipeRig } from '../../util/recipe-rig.js';

const childOf = (name: string) => ({
  'child/recipe.yaml': `name: child\nextends: lunsmith/recipes/${name}\n`,
});

it('is found, and what it extends', async () => {
  await using rig = await recipeRig(childOf('debian-trixie'));
  expect((await readRecipeChain(join(rig.root, 'child'))).map(({ source }) => source.folder)).toEqual([
    join(rig.root, 'child'),
    resolve('recipes/debian-trixie'),
    resolve('recipes/debian-bookworm'),
  ]);
});

it('is not looked for where such a folder is beside the recipe', async () => {
  const near = 'child/lunsmith/recipes/debian-trixie';
  await using rig = await recipeRig({ ...childOf('debian-trixie'), [`${near}/recipe.yaml`]: RIGHT });
  const chain = await readRecipeChain(join(rig.root, 'child'));
  expect(chain.at(-1)?.source.folder).toBe(join(rig.root, near));
});

it('that there is not is told with those that there are', async () => {
  await using rig = await recipeRig(childOf('debian-bookwork'));
  const text = await rig.problems('child');
  expect(text).toContain('lunsmith comes with no recipe `debian-bookwork`.');
  expect(text).toContain('child/recipe.yaml:2:');
  expect(text).toMatch(/lunsmith\/recipes\/NAME: one of arch, debian-bookworm, /);
  expect(text).toContain('Did you mean `debian-bookworm`?');
});

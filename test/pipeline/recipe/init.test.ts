import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planBuild } from '../../../pipeline/plan/plan.js';
import { initRecipe, recipeNameFor } from '../../../pipeline/recipe/init.js';
import { loadRecipe } from '../../../pipeline/recipe/load.js';
import { distributions } from '../../../stages/distribution/index.js';
import { stages } from '../../../stages/index.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'recipe-init-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('initRecipe', () => {
  it('writes a commented recipe that can be planned, named after its folder', async () => {
    const folder = join(root, 'deep/My Recipe');
    await initRecipe(folder, 'debian-bookworm');
    const recipe = await loadRecipe(folder, stages);
    expect(recipe.name).toBe('my-recipe');
    expect(planBuild(recipe, stages, distributions).steps.length).toBeGreaterThan(5);
    expect(await readdir(dirname(folder))).toEqual(['My Recipe']);
    const text = await readFile(join(folder, 'recipe.yaml'), 'utf8');
    expect(text.split('\n').filter((line) => line.trim().startsWith('#')).length).toBeGreaterThan(15);
    const schema = /^# yaml-language-server: \$schema=(.*)$/m.exec(text)?.[1] ?? '';
    expect(resolve(folder, schema)).toBe(resolve('schemas/recipe.schema.json'));
    expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).toMatchObject({
      name: 'my-recipe',
      private: true,
      version: '0.1.0',
    });
  });

  it('fills an empty folder', async () => {
    await mkdir(join(root, 'empty'));
    await initRecipe(join(root, 'empty'), 'debian-trixie');
    expect(await readdir(join(root, 'empty'))).toContain('recipe.yaml');
  });

  it('refuses what is there, and leaves it alone', async () => {
    await mkdir(join(root, 'full'));
    await writeFile(join(root, 'full/mine'), 'x');
    await writeFile(join(root, 'file'), 'y');
    for (const name of ['full', 'file']) {
      await expect(initRecipe(join(root, name), 'debian-bookworm')).rejects.toMatchObject({
        kind: 'usage',
        diagnostics: [
          {
            what: `${join(root, name)} exists already.`,
            expected: 'a folder that does not exist, or an empty one',
            hint: 'Choose another name; nothing was changed.',
          },
        ],
      });
    }
    expect(await readdir(root)).toEqual(['file', 'full']);
    expect(await readdir(join(root, 'full'))).toEqual(['mine']);
  });
});

describe('recipeNameFor', () => {
  it.each([
    ['/x/golden', 'golden'],
    ['Debian_12 (Büro)', 'debian-12-b-ro'],
    ['42', 'recipe-42'],
    ['…', 'recipe'],
    ['a'.repeat(80), 'a'.repeat(63)],
  ])('%s', (folder, name) => {
    expect(recipeNameFor(folder)).toBe(name);
  });
});

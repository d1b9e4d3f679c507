/** The shipped recipes, with the real stages. */
import { describe, expect, it } from 'vitest';
import { planBuild, recipeWarnings } from '../../../pipeline/plan/plan.js';
import { loadRecipe } from '../../../pipeline/recipe/load.js';
import type { Recipe } from '../../../pipeline/recipe/recipe.js';
import { distributions } from '../../../stages/distribution/index.js';
import { stages } from '../../../stages/index.js';

const MIRROR = 'http://mirror.example.org';
const load = (name: string) => loadRecipe(`recipes/${name}`, stages, { sourceDateEpoch: '' });
const optionsOf = (recipe: Recipe, name: string) => recipe.steps.find((step) => step.name === name)?.options;

describe.each([
  ['debian-bookworm', 'debootstrap'],
  ['debian-trixie', 'debootstrap'],
  ['arch', 'pacstrap'],
])('%s', (name, first) => {
  it('can be planned, without a warning', async () => {
    const recipe = await load(name);
    const plan = planBuild(recipe, stages, distributions, MIRROR);
    const { steps } = plan;
    expect(recipeWarnings(plan)).toEqual([]);
    expect([recipe.name, recipe.version]).toEqual([name, '1.0.0']);
    expect(steps[0]?.stage.name).toBe(first);
    expect(
      steps
        .filter(({ stage }) => stage.kind === 'rootfs')
        .slice(-2)
        .map(({ id }) => id),
    ).toEqual(['initramfs', 'seal']);
  });

  it('comes into the sandbox as it was loaded', async () => {
    const recipe = await load(name);
    const there = JSON.parse(JSON.stringify(recipe)) as Recipe;
    // Where options were written is only needed for what is wrong, and nothing is.
    const strip = (steps: Recipe['steps'] = []) => steps.map(({ locate: _, ...step }) => step);
    const { steps, outputs, ...rest } = recipe;
    expect(there).toStrictEqual({ ...rest, steps: strip(steps), outputs: strip(outputs) });
    const ids = (of: Recipe) =>
      planBuild(of, stages, distributions, MIRROR).steps.map(({ id, title }) => [id, title]);
    expect(ids(there)).toEqual(ids(recipe));
  });

  it('boots by BIOS and by UEFI', async () => {
    const { disk } = await load(name);
    expect(disk?.partitions.map(({ name: partition, type }) => [partition, type])).toEqual([
      ['bios', 'bios-boot'],
      ['esp', 'esp'],
      ['swap', 'swap'],
      ['root', 'linux'],
    ]);
  });
});

describe('debian-trixie', () => {
  it('differs from debian-bookworm in suite and DHCP client alone', async () => {
    const [bookworm, trixie] = await Promise.all([load('debian-bookworm'), load('debian-trixie')]);
    expect(optionsOf(trixie, 'debootstrap')).toEqual({
      ...(optionsOf(bookworm, 'debootstrap') as object),
      suite: 'trixie',
    });
    expect(optionsOf(trixie, 'files')).toMatchObject({ source: '../debian-bookworm/files' });
    expect(trixie.steps.map((step) => step.name).filter((name) => name !== 'dhcp-client')).toEqual(
      bookworm.steps.map((step) => step.name),
    );
  });
});

describe('debian-bookworm', () => {
  it('takes another size of the LUN', async () => {
    const settings = { variables: { 'disk-size': '20G' }, sourceDateEpoch: '' };
    expect((await loadRecipe('recipes/debian-bookworm', stages, settings)).disk?.bytes).toBe(20 * 1024 ** 3);
  });
});

describe('recipes for Raspberry Pis', () => {
  it.each([
    ['debian-raspberry-pi', {}],
    ['debian-raspberry-pi-armhf', {}],
    ['raspberry-pi-os', { image: 'package.json', sha256: '0'.repeat(64) }],
  ])('%s can be planned, without a warning', async (name, variables) => {
    const settings = { variables, sourceDateEpoch: '' };
    const plan = planBuild(await loadRecipe(`recipes/${name}`, stages, settings), stages, distributions);
    expect(recipeWarnings(plan)).toEqual([]);
    expect(plan.steps.map(({ stage }) => stage.name).slice(-5)).toEqual([
      ...['initramfs', 'raspberry-pi-firmware', 'seal'],
      ...['lun-image', 'boot-artifacts'],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { compareVersions, recipeWarnings } from '../../../pipeline/plan/plan.js';
import { changed, RIGHT, recipeRig } from '../../util/recipe-rig.js';

describe('planBuild', () => {
  it('appends the output steps, and titles what a stage has a title for', async () => {
    await using rig = await recipeRig({
      'r/recipe.yaml': changed('- uses: initramfs', '- { name: extra, uses: files }\n  - uses: initramfs'),
    });
    const { steps, facts, recipe } = await rig.plan('r');
    expect(steps.map(({ id, stage, title }) => [id, stage.name, title])).toEqual([
      ['bootstrap', 'bootstrap', 'bootstrap'],
      ['packages', 'packages', 'packages  linux-image-amd64 open-iscsi'],
      ['extra', 'files', 'extra  (files)'],
      ['initramfs', 'initramfs', 'initramfs'],
      ['seal', 'seal', 'seal'],
      ['lun-image', 'lun-image', 'lun-image'],
      ['boot-artifacts', 'boot-artifacts', 'boot-artifacts'],
    ]);
    const { name, folder, platform, architecture, disk, kernel } = recipe;
    expect(facts).toEqual({ name, folder, platform, architecture, disk, kernel });
  });

  it('needs each tool once, in the newest version that a step asks for', async () => {
    const text = changed('- uses: initramfs', '- uses: files\n  - uses: initramfs').replace(
      'install:',
      'retries: 6\n      install:',
    );
    await using rig = await recipeRig({ 'r/recipe.yaml': text });
    expect((await rig.plan('r')).tools).toEqual([
      { name: 'mke2fs', package: 'e2fsprogs', min: '1.47' },
      { name: 'mmdebstrap', package: 'mmdebstrap' },
    ]);
  });
});

describe('recipeWarnings', () => {
  it('misses the serial console', async () => {
    await using rig = await recipeRig({
      'a/recipe.yaml': RIGHT,
      'b/recipe.yaml': changed(", 'console=ttyS0,115200'", ''),
    });
    expect(recipeWarnings(await rig.plan('a'))).toEqual([]);
    expect(recipeWarnings(await rig.plan('b'))).toEqual([
      {
        what: 'The kernel has no serial console: the boot gate cannot see this release boot.',
        expected: '`console=ttyS0,115200` in `kernel.command-line`',
      },
    ]);
  });
});

describe('compareVersions', () => {
  it.each([
    ['1.47', '1.47.0', 0],
    ['1.47.1', '1.47', 1],
    ['1.9', '1.10', -1],
    ['', '1', -1],
    ['2', '1.99.99', 1],
  ])('%s, %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
    expect(Math.sign(compareVersions(b, a))).toBe(-sign || 0);
  });
});

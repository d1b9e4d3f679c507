/** Plans that cannot be carried out. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineStage, type StageRegistry } from '../../../pipeline/stage.js';
import { changed, FAKE_REGISTRY, problemsOf, recipeRig } from '../../util/recipe-rig.js';

describe('the order of steps', () => {
  it('nothing makes the root', async () => {
    expect(
      await problemsOf(changed("  - uses: bootstrap\n    with: { suite: '${suite}' }\n", '')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:5:11 No step makes the root from nothing.
        - uses: packages
                ^^^^^^^^
        Expected: one step that uses bootstrap"
    `);
  });

  it('something comes before the bootstrap', async () => {
    expect(
      await problemsOf(changed('  - uses: bootstrap', '  - uses: files\n  - uses: bootstrap')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:6:11 The step \`bootstrap\` makes the root from nothing, so its place is at the beginning.
        - uses: bootstrap
                ^^^^^^^^^
        Found: \`files\` before it
        Hint: Move it to the top of \`steps\`."
    `);
  });

  it('the initramfs comes too early', async () => {
    expect(
      await problemsOf(changed('  - uses: seal', '  - uses: files\n  - uses: seal')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:11 The step \`initramfs\` generates the initramfs from the finished root, so its place is at the end.
        - uses: initramfs
                ^^^^^^^^^
        Found: \`files\` after it
        Hint: Move it below them."
    `);
  });

  it('sealing comes before the initramfs', async () => {
    expect(
      await problemsOf(changed('  - uses: initramfs\n  - uses: seal', '  - uses: seal\n  - uses: initramfs')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:11 The step \`seal\` cleans the root of what a build leaves behind, so its place is at the end.
        - uses: seal
                ^^^^
        Found: \`initramfs\` after it
        Hint: Move it to the end of \`steps\`."
    `);
  });

  it('the initramfs is generated twice', async () => {
    expect(
      await problemsOf(changed('  - uses: seal', '  - { name: again, uses: initramfs }\n  - uses: seal')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:11:26 \`initramfs\` and \`again\` both do what one step of a recipe does: it generates the initramfs from the finished root.
        - { name: again, uses: initramfs }
                               ^^^^^^^^^
        Hint: Remove one of them."
    `);
  });

  it('nothing generates it, and nothing seals the root', async () => {
    expect(await problemsOf(changed('  - uses: initramfs\n  - uses: seal\n', ''))).toMatchInlineSnapshot(`
      "r/recipe.yaml:5:11 No step generates the initramfs from the finished root.
        - uses: bootstrap
                ^^^^^^^^^
        Expected: one step that uses initramfs

      r/recipe.yaml:5:11 No step cleans the root of what a build leaves behind.
        - uses: bootstrap
                ^^^^^^^^^
        Expected: one step that uses seal"
    `);
  });
});

describe('a step after the initramfs', () => {
  const motd = defineStage({
    name: 'motd',
    summary: 'Greet.',
    kind: 'rootfs',
    tools: [],
    options: z.strictObject({ late: z.boolean().default(false).describe('After the initramfs.') }),
    afterInitramfs: 'late',
    run: async () => undefined,
  });
  const registry: StageRegistry = new Map([...FAKE_REGISTRY, ['motd', motd]]);
  const late = '  - { uses: motd, with: { late: true } }\n';

  const stepsOf = async (files: Readonly<Record<string, string>>, recipe: string) => {
    await using rig = await recipeRig(files, registry);
    const problems = await rig.problems(recipe);
    return problems === '' ? (await rig.plan(recipe)).steps.map(({ id }) => id).slice(0, -2) : problems;
  };

  it('may stand there', async () => {
    const text = changed('  - uses: seal', `${late}  - uses: seal`);
    expect(await stepsOf({ 'r/recipe.yaml': text }, 'r')).toEqual([
      'bootstrap',
      'packages',
      'initramfs',
      'motd',
      'seal',
    ]);
  });

  it('may stand nowhere else', async () => {
    const before = changed('  - uses: initramfs', `${late}  - uses: initramfs`);
    expect(await stepsOf({ 'r/recipe.yaml': before }, 'r')).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:13 The step \`motd\` has \`late: true\`, so its place is after \`initramfs\`.
        - { uses: motd, with: { late: true } }
                  ^^^^
        Found: \`initramfs\` after it
        Hint: Move it below \`initramfs\`, or remove \`late\`."
    `);
    const behind = changed('  - uses: seal\n', `  - uses: seal\n${late}`);
    expect(await stepsOf({ 'r/recipe.yaml': behind }, 'r')).toMatchInlineSnapshot(`
      "r/recipe.yaml:11:11 The step \`seal\` cleans the root of what a build leaves behind, so its place is at the end.
        - uses: seal
                ^^^^
        Found: \`motd\` after it
        Hint: Move it to the end of \`steps\`."
    `);
  });

  it('may not stand there without the option', async () => {
    const text = changed('  - uses: seal', '  - uses: motd\n  - uses: seal');
    expect(await stepsOf({ 'r/recipe.yaml': text }, 'r')).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:11 The step \`initramfs\` generates the initramfs from the finished root, so its place is at the end.
        - uses: initramfs
                ^^^^^^^^^
        Found: \`motd\` after it
        Hint: Move it below them."
    `);
  });

  it('finds its place in a recipe that is extended', async () => {
    const child = `extends: ../r\nname: child\nsteps:\n${late}  - { name: early, uses: motd }\n`;
    const files = { 'r/recipe.yaml': changed('', ''), 'c/recipe.yaml': child };
    expect(await stepsOf(files, 'c')).toEqual([
      'bootstrap',
      'packages',
      'early',
      'initramfs',
      'motd',
      'seal',
    ]);
  });
});

describe("a stage's own check", () => {
  it('is shown at the option', async () => {
    expect(await problemsOf(changed('open-iscsi]', 'systemd-sysv-old]'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:9:36 There is no package systemd-sysv-old.
            install: [linux-image-amd64, systemd-sysv-old]
                                         ^^^^^^^^^^^^^^^^"
    `);
  });
});

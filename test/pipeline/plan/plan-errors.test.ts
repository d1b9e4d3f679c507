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
      "r/recipe.yaml:5:11 No step provides the root, which \`packages\` needs.
        - uses: packages
                ^^^^^^^^
        Expected: one step that uses bootstrap
        Hint: Add it above \`packages\`."
    `);
  });

  it('something comes before the bootstrap', async () => {
    expect(
      await problemsOf(changed('  - uses: bootstrap', '  - uses: files\n  - uses: bootstrap')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:5:11 The step \`files\` needs the root, so its place is after \`bootstrap\`.
        - uses: files
                ^^^^^
        Found: \`bootstrap\` after it
        Hint: Move it below \`bootstrap\`."
    `);
  });

  it('everything comes before the bootstrap', async () => {
    const bootstrap = "  - uses: bootstrap\n    with: { suite: '${suite}' }\n";
    const text = changed(bootstrap, '').replace('disk:\n', () => `${bootstrap}disk:\n`);
    expect(await problemsOf(text)).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:11 The step \`bootstrap\` provides the initramfs content, so its place is before all steps that need it.
        - uses: bootstrap
                ^^^^^^^^^
        Found: \`packages\`, \`initramfs\` before it
        Hint: Move it above \`packages\`."
    `);
  });

  it('the initramfs comes too early', async () => {
    expect(
      await problemsOf(changed('  - uses: seal', '  - uses: files\n  - uses: seal')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:11 The step \`initramfs\` needs the finished initramfs content, so its place is after all steps that change it.
        - uses: initramfs
                ^^^^^^^^^
        Found: \`files\` after it
        Hint: Move it below \`files\`."
    `);
  });

  it('sealing comes before the initramfs', async () => {
    expect(
      await problemsOf(changed('  - uses: initramfs\n  - uses: seal', '  - uses: seal\n  - uses: initramfs')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:11 The step \`seal\` needs the finished root, so its place is after all steps that change it.
        - uses: seal
                ^^^^
        Found: \`initramfs\` after it
        Hint: Move it below \`initramfs\`."
    `);
  });

  it('the initramfs is generated twice', async () => {
    expect(
      await problemsOf(changed('  - uses: seal', '  - { name: again, uses: initramfs }\n  - uses: seal')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:11:26 \`initramfs\` and \`again\` both provide the initramfs, which one step of a recipe does.
        - { name: again, uses: initramfs }
                               ^^^^^^^^^
        Hint: Remove one of them."
    `);
  });

  it('nothing generates it, and nothing seals the root', async () => {
    expect(await problemsOf(changed('  - uses: initramfs\n  - uses: seal\n', ''))).toMatchInlineSnapshot(`
      "r/recipe.yaml:7:11 No step provides the sealed root, which \`lun-image\` needs.
        - uses: packages
                ^^^^^^^^
        Expected: one step that uses seal
        Hint: Add it at the end of \`steps\`.

      r/recipe.yaml:7:11 No step provides the initramfs, which \`boot-artifacts\` needs.
        - uses: packages
                ^^^^^^^^
        Expected: one step that uses initramfs
        Hint: Add it at the end of \`steps\`."
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
    changes: ['root', 'initramfs content'],
    withOption: { name: 'late', requires: ['initramfs'], changes: ['root'] },
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
      "r/recipe.yaml:11:11 The step \`seal\` needs the finished root, so its place is after all steps that change it.
        - uses: seal
                ^^^^
        Found: \`motd\` after it
        Hint: Move it below \`motd\`."
    `);
  });

  it('may not stand there without the option', async () => {
    const text = changed('  - uses: seal', '  - uses: motd\n  - uses: seal');
    expect(await stepsOf({ 'r/recipe.yaml': text }, 'r')).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:11 The step \`initramfs\` needs the finished initramfs content, so its place is after all steps that change it.
        - uses: initramfs
                ^^^^^^^^^
        Found: \`motd\` after it
        Hint: Move it below \`motd\`."
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
  it('of a path that is written as on Windows names the slashes', async () => {
    const copy = defineStage({
      name: 'copy',
      summary: 'Copy.',
      kind: 'rootfs',
      tools: [],
      options: z.strictObject({ from: z.string().describe('A file.') }),
      changes: ['root'],
      check: ({ options }) => [{ path: ['from'], what: `The recipe has no file ${options.from}.` }],
      run: async () => undefined,
    });
    const text = changed(
      '  - uses: initramfs',
      "  - { uses: copy, with: { from: 'lib\\old' } }\n  - uses: initramfs",
    );
    await using rig = await recipeRig({ 'r/recipe.yaml': text }, new Map([...FAKE_REGISTRY, ['copy', copy]]));
    expect(await rig.problems('r')).toContain('Hint: Paths have slashes here: `lib/old`.');
  });

  it('is shown at the option', async () => {
    expect(await problemsOf(changed('open-iscsi]', 'systemd-sysv-old]'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:9:36 There is no package systemd-sysv-old.
            install: [linux-image-amd64, systemd-sysv-old]
                                         ^^^^^^^^^^^^^^^^"
    `);
  });
});

/** Plans that cannot be carried out. */
import { describe, expect, it } from 'vitest';
import { changed, problemsOf } from '../util/recipe-rig.js';

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

describe("a stage's own check", () => {
  it('is shown at the option', async () => {
    expect(await problemsOf(changed('open-iscsi]', 'systemd-sysv-old]'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:9:36 There is no package systemd-sysv-old.
            install: [linux-image-amd64, systemd-sysv-old]
                                         ^^^^^^^^^^^^^^^^"
    `);
  });
});

/** What a user reads when a key or a value of a recipe is wrong. */
import { describe, expect, it } from 'vitest';
import { changed, problemsOf, RIGHT } from '../../util/recipe-rig.js';

describe('keys', () => {
  it('unknown, at the top', async () => {
    expect(await problemsOf(changed('disk:', 'decription: x\ndisk:'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:12:1 Unknown key \`decription\`.
      decription: x
      ^^^^^^^^^^
        Expected: one of name, description, platform, architecture, epoch, variables, steps, disk, kernel, extends, boot
        Hint: Did you mean \`description\`?"
    `);
  });

  it('unknown, nothing near', async () => {
    expect(await problemsOf(changed('disk:', 'colour: x\ndisk:'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:12:1 Unknown key \`colour\`.
      colour: x
      ^^^^^^
        Expected: one of name, description, platform, architecture, epoch, variables, steps, disk, kernel, extends, boot"
    `);
  });

  it('misspelt where one is required: one mistake, not two', async () => {
    expect(await problemsOf(changed("{ suite: '${suite}' }", "{ suit: '${suite}' }"))).toMatchInlineSnapshot(`
      "r/recipe.yaml:6:13 Unknown key \`suit\`.
          with: { suit: '\${suite}' }
                  ^^^^
        Expected: one of suite, mirror, variant
        Hint: Did you mean \`suite\`?"
    `);
  });

  it('missing in the options of a step', async () => {
    expect(await problemsOf(changed("    with: { suite: '${suite}' }\n", ''))).toMatchInlineSnapshot(`
      "r/recipe.yaml:5:5 Missing key \`suite\`.
        - uses: bootstrap
          ^^^^
        Expected: \`suite\`: Code name of the release."
    `);
  });

  it('missing in a partition', async () => {
    expect(
      await problemsOf(changed('{ name: swap, type: swap, size: 512M }', '{ name: swap, size: 512M }')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:17:9 Missing key \`type\`.
          - { name: swap, size: 512M }
              ^^^^
        Expected: \`type\`: \`bios-boot\`: where GRUB for BIOS lies; \`esp\`: EFI system partition; \`swap\`; \`linux\`: a Linux file system; \`fat\`: plain FAT."
    `);
  });

  it('of a step without options', async () => {
    expect(
      await problemsOf(changed('- uses: seal', '- uses: seal\n    with: { hard: true }')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:12:13 Unknown key \`hard\`.
          with: { hard: true }
                  ^^^^
        Expected: no key at all"
    `);
  });

  it('of a map whose keys have a form', async () => {
    expect(
      await problemsOf(
        changed(
          '- uses: initramfs',
          '- uses: files\n    with: { values: { A: x, b: 1 } }\n  - uses: initramfs',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:11:23 \`A\` cannot be a key here.
          with: { values: { A: x, b: 1 } }
                            ^
        Expected: a lower-case word

      r/recipe.yaml:11:32 Wrong kind of value of \`b\`.
          with: { values: { A: x, b: 1 } }
                                     ^
        Expected: a string
        Found: the number 1
        Hint: Put quotes around it."
    `);
  });
});

describe('values', () => {
  it('a word for a list', async () => {
    expect(
      await problemsOf(changed('[linux-image-amd64, open-iscsi]', 'linux-image-amd64')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:9:16 Wrong kind of value of \`install\`.
            install: linux-image-amd64
                     ^^^^^^^^^^^^^^^^^
        Expected: a list
        Found: \`linux-image-amd64\`"
    `);
  });

  it('other things than text in a list', async () => {
    expect(
      await problemsOf(changed('[linux-image-amd64, open-iscsi]', '[1, [a], { b: c }, null, true]')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:9:17 Wrong kind of value of \`install\`.
            install: [1, [a], { b: c }, null, true]
                      ^
        Expected: a string
        Found: the number 1
        Hint: Put quotes around it.

      r/recipe.yaml:9:21 Wrong kind of value of \`install\`.
            install: [1, [a], { b: c }, null, true]
                          ^
        Expected: a string
        Found: a list of 1

      r/recipe.yaml:9:27 Wrong kind of value of \`install\`.
            install: [1, [a], { b: c }, null, true]
                                ^
        Expected: a string
        Found: a map

      r/recipe.yaml:9:35 Wrong kind of value of \`install\`.
            install: [1, [a], { b: c }, null, true]
                                        ^^^^
        Expected: a string
        Found: nothing

      r/recipe.yaml:9:41 Wrong kind of value of \`install\`.
            install: [1, [a], { b: c }, null, true]
                                              ^^^^
        Expected: a string
        Found: the truth value true
        Hint: Put quotes around it."
    `);
  });

  it('a word of older YAML', async () => {
    expect(
      await problemsOf(changed('[linux-image-amd64, open-iscsi]', '[]\n      recommends: yes')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:19 Wrong kind of value of \`recommends\`.
            recommends: yes
                        ^^^
        Expected: true or false
        Found: \`yes\`
        Hint: Write \`true\`."
    `);
  });

  it('numbers out of range and broken', async () => {
    expect(
      await problemsOf(
        changed('[linux-image-amd64, open-iscsi]', '[]\n      retries: 12').replace(
          'suite: { type',
          'n: { type: integer, default: 1.5 }\n  suite: { type',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:3:32 Wrong kind of value of \`default\`.
        n: { type: integer, default: 1.5 }
                                     ^^^
        Expected: a whole number
        Found: the number 1.5

      r/recipe.yaml:11:16 Invalid value of \`retries\`.
            retries: 12
                     ^^
        Expected: at most 9
        Found: the number 12"
    `);
  });

  it('a word that is not in the list', async () => {
    expect(
      await problemsOf(changed("suite: '${suite}'", "suite: '${suite}', variant: minbas")),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:6:41 Unknown value of \`variant\`.
          with: { suite: '\${suite}', variant: minbas }
                                              ^^^^^^
        Expected: one of minbase, standard
        Found: \`minbas\`
        Hint: Did you mean \`minbase\`?"
    `);
  });

  it('none of several kinds', async () => {
    expect(
      await problemsOf(
        changed('- uses: initramfs', '- uses: files\n    with: { mode: [1] }\n  - uses: initramfs'),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:11:13 Invalid value of \`mode\`.
          with: { mode: [1] }
                  ^^^^
        Expected: a string, or a map
        Found: a list of 1"
    `);
  });

  it('the right kind of several, but wrong', async () => {
    expect(
      await problemsOf(
        changed(
          '- uses: initramfs',
          '- uses: files\n    with: { mode: { files: a, folder: b } }\n  - uses: initramfs',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:11:31 Unknown key \`folder\`.
          with: { mode: { files: a, folder: b } }
                                    ^^^^^^
        Expected: one of files, folders
        Hint: Did you mean \`folders\`?"
    `);
  });

  it('a form that is explained by the stage', async () => {
    expect(
      await problemsOf(
        changed(
          '- uses: initramfs',
          "- uses: files\n    with: { mode: '99', source: /etc }\n  - uses: initramfs",
        ),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:11:19 Invalid value of \`mode\`.
          with: { mode: '99', source: /etc }
                        ^^^^
        Expected: four octal digits
        Found: \`99\`

      r/recipe.yaml:11:33 Invalid value of \`source\`.
          with: { mode: '99', source: /etc }
                                      ^^^^
        Expected: a path relative to the recipe
        Found: \`/etc\`"
    `);
  });

  it('a name that cannot be one', async () => {
    expect(await problemsOf(changed('name: demo', 'name: Demo_X'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:7 Invalid value of \`name\`.
      name: Demo_X
            ^^^^^^
        Expected: lower-case words of letters and digits joined by \`-\` or \`.\`, such as \`debian-bookworm\`
        Found: \`Demo_X\`"
    `);
  });

  it('a time that is none', async () => {
    expect(await problemsOf(`epoch: yesterday\n${RIGHT}`)).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:8 Invalid value of \`epoch\`.
      epoch: yesterday
             ^^^^^^^^^
        Expected: a time in UTC such as \`2026-01-01T00:00:00Z\`, or seconds since 1970
        Found: \`yesterday\`"
    `);
  });

  it('an environment variable that is no time', async () => {
    expect(await problemsOf(RIGHT, { sourceDateEpoch: 'now' })).toMatchInlineSnapshot(`
      "The environment variable SOURCE_DATE_EPOCH is no time.
        Expected: whole seconds since 1970
        Found: \`now\`
        Hint: Unset it, or set it to a number."
    `);
  });

  it('behind tabs and control characters', async () => {
    expect(await problemsOf(changed('name: demo', 'name: "x\\ty"\t# \u001b[31m'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:7 Invalid value of \`name\`.
      name: "x\\ty" # �[31m
            ^^^^^^
        Expected: lower-case words of letters and digits joined by \`-\` or \`.\`, such as \`debian-bookworm\`
        Found: \`x y\`"
    `);
  });

  it('on a line that is very long', async () => {
    expect(
      await problemsOf(
        changed('[linux-image-amd64, open-iscsi]', `[${'package, '.repeat(40)}1, ${'package, '.repeat(40)}]`),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:9:377 Wrong kind of value of \`install\`.
      …ge, package, package, package, package, 1, package, package, package, package, package, package, package, package, packa…
                                               ^
        Expected: a string
        Found: the number 1
        Hint: Put quotes around it."
    `);
  });
});

describe('steps', () => {
  it('an unknown stage', async () => {
    expect(await problemsOf(changed('uses: packages', 'uses: package'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:7:11 Unknown stage \`package\`.
        - uses: package
                ^^^^^^^
        Expected: one of bootstrap, packages, files, initramfs, seal
        Hint: Did you mean \`packages\`?"
    `);
  });

  it('a step that is a word', async () => {
    expect(await problemsOf(changed('- uses: initramfs', '- initramfs'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:5 Wrong kind of value of \`steps\`.
        - initramfs
          ^^^^^^^^^
        Expected: a map
        Found: \`initramfs\`"
    `);
  });

  it('two of the same name', async () => {
    expect(
      await problemsOf(changed('- uses: initramfs', '- uses: packages\n  - uses: initramfs')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:11 Two steps are named \`packages\`.
        - uses: packages
                ^^^^^^^^
        Hint: Give one of them another \`name:\`."
    `);
  });

  it('an output stage', async () => {
    expect(
      await problemsOf(changed('- uses: initramfs', '- uses: lun-image\n  - uses: initramfs')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:10:11 \`lun-image\` is an output stage, no step of a recipe.
        - uses: lun-image
                ^^^^^^^^^
        Hint: Remove it; its options belong under \`disk:\`."
    `);
  });

  it('the name of an output stage', async () => {
    expect(
      await problemsOf(
        changed('- uses: initramfs', '- uses: files\n    name: boot-artifacts\n  - uses: initramfs'),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:11:11 \`boot-artifacts\` is the name of an output stage.
          name: boot-artifacts
                ^^^^^^^^^^^^^^
        Hint: Choose another name."
    `);
  });

  it('keys that only an extending recipe has', async () => {
    expect(
      await problemsOf(changed('- uses: initramfs', '- uses: initramfs\n    after: packages')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:11:5 Unknown key \`after\`.
          after: packages
          ^^^^^
        Expected: one of name, uses, with"
    `);
  });
});

describe('sections of output stages', () => {
  it('a misspelt option beside the layout', async () => {
    expect(await problemsOf(changed('  size: 4G', '  size: 4G\n  menu-second: 3'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:14:3 Unknown key \`menu-second\`.
        menu-second: 3
        ^^^^^^^^^^^
        Expected: one of menu-seconds, table, size, partitions, overlay, loader, firmware
        Hint: Did you mean \`menu-seconds\`?"
    `);
  });

  it('a wrong value', async () => {
    expect(await problemsOf(`boot: { menu: 1 }\n${RIGHT}`)).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:15 Wrong kind of value of \`menu\`.
      boot: { menu: 1 }
                    ^
        Expected: true or false
        Found: the number 1"
    `);
  });
});

describe('all at once', () => {
  it('sorted by place', async () => {
    expect(
      await problemsOf(
        'name: X\nstep: []\nsteps:\n  - uses: packges\n  - uses: packages\n    with: { instal: [] }\ndisk: { size: 1.5G, partitions: [] }\nkernel: { command-line: quiet }\n',
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:1:7 Invalid value of \`name\`.
      name: X
            ^
        Expected: lower-case words of letters and digits joined by \`-\` or \`.\`, such as \`debian-bookworm\`
        Found: \`X\`

      r/recipe.yaml:2:1 Unknown key \`step\`.
      step: []
      ^^^^
        Expected: one of name, description, platform, architecture, epoch, variables, steps, disk, kernel, extends, boot
        Hint: Did you mean \`steps\`?

      r/recipe.yaml:4:11 Unknown stage \`packges\`.
        - uses: packges
                ^^^^^^^
        Expected: one of bootstrap, packages, files, initramfs, seal
        Hint: Did you mean \`packages\`?

      r/recipe.yaml:6:13 Unknown key \`instal\`.
          with: { instal: [] }
                  ^^^^^^
        Expected: one of install, recommends, retries
        Hint: Did you mean \`install\`?

      r/recipe.yaml:7:15 A size has no fraction.
      disk: { size: 1.5G, partitions: [] }
                    ^^^^
        Expected: a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB
        Found: \`1.5G\`
        Hint: Write \`1536M\`.

      r/recipe.yaml:7:21 Invalid value of \`partitions\`.
      disk: { size: 1.5G, partitions: [] }
                          ^^^^^^^^^^
        Expected: at least 1 item
        Found: an empty list

      r/recipe.yaml:8:25 Wrong kind of value of \`command-line\`.
      kernel: { command-line: quiet }
                              ^^^^^
        Expected: a list
        Found: \`quiet\`"
    `);
  });
});

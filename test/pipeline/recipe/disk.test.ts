/** Layouts that cannot be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diskFindings, normaliseDisk } from '../../../pipeline/recipe/disk.js';
import { diskSchema } from '../../../pipeline/recipe/schema.js';
import { changed, problemsOf } from '../../util/recipe-rig.js';

it('a disk that is refused is refused where the recipe wrote it', () => {
  const partition = fc.record(
    {
      name: fc.constantFrom('a', 'b', 'c'),
      type: fc.constantFrom('bios-boot', 'esp', 'swap', 'linux', 'fat'),
      size: fc.constantFrom('rest', 'grow', '1M', '700M', '3T', '8191T'),
      filesystem: fc.constantFrom('ext4', 'vfat', 'swap'),
      mount: fc.constantFrom('/', '/boot/efi', '/srv'),
    },
    { requiredKeys: ['name', 'type', 'size'] },
  );
  const disk = fc.record(
    {
      table: fc.constantFrom('gpt', 'mbr'),
      size: fc.constantFrom('64M', '2G', '4T'),
      partitions: fc.array(partition, { minLength: 1, maxLength: 5 }),
    },
    { requiredKeys: ['partitions'] },
  );
  let refused = 0;
  fc.assert(
    fc.property(disk, (written) => {
      const parsed = diskSchema.parse(written);
      for (const { path } of diskFindings(parsed, normaliseDisk('demo', parsed))) {
        refused++;
        const value = path.reduce<unknown>(
          (node, key) => (node as Readonly<Record<string | number, unknown>> | undefined)?.[key],
          written,
        );
        expect(value, path.join('.')).toBeDefined();
      }
    }),
    { seed: 1, numRuns: 500 },
  );
  expect(refused).toBeGreaterThan(500);
});

describe('layouts', () => {
  it('too small, by how much', async () => {
    expect(await problemsOf(changed('size: 4G', 'size: 500M'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:13:9 The disk is too small by 82 MiB for its partitions.
        size: 500M
              ^^^^
        Expected: at least 582M
        Found: 500M
        Hint: Enlarge \`disk.size\` or make partitions smaller."
    `);
  });

  it('with nothing that takes the rest', async () => {
    expect(await problemsOf(changed('size: rest', 'size: 1G'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:18:40 No partition takes what is left of the disk.
          - { name: root, type: linux, size: 1G, mount: / }
                                             ^^
        Expected: \`size: rest\` or \`size: grow\` for the last partition"
    `);
  });

  it('with rest before the end', async () => {
    expect(
      await problemsOf(changed('size: 64M', 'size: rest').replace('size: rest, mount', 'size: 1G, mount')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:16:37 Only the last partition can have the size \`rest\`.
          - { name: esp, type: esp, size: rest }
                                          ^^^^
        Hint: Move \`esp\` to the end of \`partitions\`."
    `);
  });

  it('with rest twice', async () => {
    expect(await problemsOf(changed('size: 64M', 'size: grow'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:16:37 Only one partition can take what is left of the disk.
          - { name: esp, type: esp, size: grow }
                                          ^^^^
        Found: \`grow\`"
    `);
  });

  it('with rest of an unknown size', async () => {
    expect(await problemsOf(changed('  size: 4G\n', ''))).toMatchInlineSnapshot(`
      "r/recipe.yaml:17:40 Without a disk size nothing is left that \`rest\` could mean.
          - { name: root, type: linux, size: rest, mount: / }
                                             ^^^^
        Expected: \`size\` for the disk, or \`grow\` for the last partition"
    `);
  });

  it('with one name twice', async () => {
    expect(await problemsOf(changed('name: esp', 'name: root'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:18:15 Two partitions are named \`root\`.
          - { name: root, type: linux, size: rest, mount: / }
                    ^^^^
        Hint: Give each partition a name of its own."
    `);
  });

  it('with one mount point twice', async () => {
    expect(
      await problemsOf(
        changed(
          '{ name: esp, type: esp, size: 64M }',
          '{ name: esp, type: esp, size: 64M }\n    - { name: boot, type: linux, size: 64M, mount: /boot/efi }',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:17:52 \`esp\` and \`boot\` are both mounted on \`/boot/efi\`.
          - { name: boot, type: linux, size: 64M, mount: /boot/efi }
                                                         ^^^^^^^^^
        Hint: Mount one of them elsewhere."
    `);
  });

  it('with a root that cannot be one', async () => {
    expect(
      await problemsOf(changed('type: linux, size: rest', 'type: fat, size: rest')),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:18:51 The root must be a Linux file system.
          - { name: root, type: fat, size: rest, mount: / }
                                                        ^
        Expected: \`type: linux\`
        Found: \`type: fat\`"
    `);
  });

  it('with a mount point for swap', async () => {
    expect(await problemsOf(changed('size: 512M', 'size: 512M, mount: /swap'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:17:52 A partition of type \`swap\` cannot be mounted.
          - { name: swap, type: swap, size: 512M, mount: /swap }
                                                         ^^^^^
        Expected: no \`mount\`"
    `);
  });

  it('with a file system that does not fit its type', async () => {
    expect(await problemsOf(changed('size: 64M', 'size: 64M, filesystem: ext4'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:16:54 A partition of type \`esp\` cannot hold \`ext4\`.
          - { name: esp, type: esp, size: 64M, filesystem: ext4 }
                                                           ^^^^
        Expected: vfat"
    `);
  });

  it('with a file system where none can be', async () => {
    expect(await problemsOf(changed('size: 3M', 'size: 3M, filesystem: ext4'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:15:60 A partition of type \`bios-boot\` cannot hold \`ext4\`.
          - { name: bios, type: bios-boot, size: 3M, filesystem: ext4 }
                                                                 ^^^^
        Expected: no \`filesystem\`"
    `);
  });

  it('with a BIOS-boot partition on an MBR', async () => {
    expect(await problemsOf(changed('size: 4G', 'size: 4G\n  table: mbr'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:16:27 An MBR has no BIOS-boot partition.
          - { name: bios, type: bios-boot, size: 3M }
                                ^^^^^^^^^
        Expected: \`table: gpt\`, or no \`bios-boot\` partition
        Hint: On an MBR disk GRUB lies between the MBR and the first partition."
    `);
  });

  it('with five partitions on an MBR', async () => {
    expect(
      await problemsOf(
        changed('size: 4G', 'size: 4G\n  table: mbr')
          .replace('type: bios-boot', 'type: fat')
          .replace('    - { name: root', '    - { name: data, type: linux, size: 1G }\n    - { name: root'),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:15:3 Too many partitions for an MBR.
        partitions:
        ^^^^^^^^^^
        Expected: at most 4
        Found: 5
        Hint: Set \`table: gpt\`; logical partitions are not supported."
    `);
  });

  it('with sizes that are none', async () => {
    expect(
      await problemsOf(
        changed('3M', '3145729').replace('64M', '64MiB').replace('512M', '0.5G').replace('4G', '[4G]'),
      ),
    ).toMatchInlineSnapshot(`
      "r/recipe.yaml:13:3 Invalid value of \`size\`.
        size: [4G]
        ^^^^
        Expected: a size such as \`512M\`
        Found: a list of 1

      r/recipe.yaml:15:44 The size is no multiple of 1 MiB.
          - { name: bios, type: bios-boot, size: 3145729 }
                                                 ^^^^^^^
        Expected: a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB; \`rest\` or \`grow\`
        Found: \`3145729\`
        Hint: Write \`4M\`.

      r/recipe.yaml:16:37 Not a size.
          - { name: esp, type: esp, size: 64MiB }
                                          ^^^^^
        Expected: a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB; \`rest\` or \`grow\`
        Found: \`64MiB\`
        Hint: Write \`64M\`.

      r/recipe.yaml:17:39 A size has no fraction.
          - { name: swap, type: swap, size: 0.5G }
                                            ^^^^
        Expected: a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB; \`rest\` or \`grow\`
        Found: \`0.5G\`
        Hint: Write \`512M\`."
    `);
  });

  it('with a mount point that is no path', async () => {
    expect(await problemsOf(changed('mount: /', 'mount: root'))).toMatchInlineSnapshot(`
      "r/recipe.yaml:18:53 Invalid value of \`mount\`.
          - { name: root, type: linux, size: rest, mount: root }
                                                          ^^^^
        Expected: an absolute path without spaces and without a slash at its end, such as \`/boot\`
        Found: \`root\`"
    `);
  });

  it('with a name that ends in a space', async () => {
    expect(await problemsOf(changed('name: swap', "name: 'my swap'"))).toBe('');
    expect(await problemsOf(changed('name: swap', "name: 'swap '"))).toMatchInlineSnapshot(`
      "r/recipe.yaml:17:15 Invalid value of \`name\`.
          - { name: 'swap ', type: swap, size: 512M }
                    ^^^^^^^
        Expected: 1 to 36 letters, digits, spaces, \`.\`, \`_\` and \`-\`, beginning with a letter or a digit and not ending with a space
        Found: \`swap \`"
    `);
  });
});

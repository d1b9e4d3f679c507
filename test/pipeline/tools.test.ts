import { describe, expect, it } from 'vitest';
import { type FindTool, missingTools, requireHost, versionIn } from '../../pipeline/tools.js';

const needs = [
  { name: 'mke2fs', package: 'e2fsprogs', min: '1.47' },
  { name: 'mcopy', package: 'mtools' },
  { name: 'mmd', package: 'mtools' },
  { name: 'sfdisk', package: 'fdisk' },
  { name: 'sfdisk', package: 'fdisk' },
];

/** Finds the tools that have a version here; an empty one is not told. */
const having =
  (versions: Readonly<Record<string, string>>): FindTool =>
  async ({ name }) => {
    const version = versions[name];
    return version === undefined ? undefined : version === '' ? {} : { version };
  };

describe('missingTools', () => {
  it('says nothing when all are there', async () => {
    expect(
      await missingTools(needs, having({ mke2fs: '1.47.0', mcopy: '', mmd: '', sfdisk: '' }), true),
    ).toEqual([]);
  });

  it('names all that are missing, and one command for all packages', async () => {
    expect(await missingTools(needs, having({ mke2fs: '1.47.2' }), false)).toEqual([
      {
        what: 'These programs are missing: mcopy, mmd, sfdisk.',
        hint: 'Install them: sudo apt-get install --no-install-recommends fdisk mtools',
      },
    ]);
    expect(await missingTools(needs, having({ mke2fs: '', mcopy: '', mmd: '' }), true)).toEqual([
      {
        what: 'The program sfdisk is missing.',
        hint: 'Install it: apt-get install --no-install-recommends fdisk',
      },
    ]);
  });

  it('names those that are too old', async () => {
    expect(
      await missingTools(needs, having({ mke2fs: '1.46.6', mcopy: '', mmd: '', sfdisk: '' }), true),
    ).toEqual([
      {
        what: 'mke2fs is too old.',
        expected: 'version 1.47 or later',
        found: 'version 1.46.6',
        hint: 'Upgrade it: apt-get install --no-install-recommends e2fsprogs; if that brings no newer one, use a newer release of your distribution.',
      },
    ]);
  });
});

it.each([
  ['mkfs.btrfs, part of btrfs-progs v6.2\n', '6.2'],
  ['mke2fs 1.47.0 (5-Feb-2023)', '1.47.0'],
  ['libx86.64 of tool1.2 is 3.4', '3.4'],
  ['no version', undefined],
])('takes from %j the version %s', (text, version) => {
  expect(versionIn(text)).toBe(version);
});

describe('requireHost', () => {
  it('fails once, with everything', async () => {
    const failing = requireHost([{ name: 'mcopy', package: 'mtools' }], async ({ name }) =>
      name === 'unshare' || name === 'mcopy' ? undefined : {},
    );
    await expect(failing).rejects.toMatchObject({
      kind: 'host',
      message: 'These programs are missing: mcopy, unshare.',
    });
  });
});

/** What the LUN of an installer will hold, and what FAT cannot: by names and sizes alone. */
import { describe, expect, it } from 'vitest';
import { sfdiskScript } from '../../artifacts/formats/partition-table.js';
import type { UdfFile } from '../../artifacts/formats/udf-read/tree.js';
import { Failure } from '../../base/failure.js';
import { MIB } from '../../base/size.js';
import { contentsOf } from '../../stages/windows-installer/contents.js';
import { installerLayout } from '../../stages/windows-installer/layout.js';
import type { Medium } from '../../stages/windows-installer/medium.js';
import { failureOf } from '../artifacts/formats/tools.js';

const GIB = 1024 * MIB;
const file = (path: string, bytes: number): UdfFile => ({ path, bytes, extents: [] });
const BOOT = file('sources/boot.wim', 400 * MIB);
const medium = (...files: readonly UdfFile[]): Medium => ({
  iso: 'win.iso',
  files: [BOOT, ...files],
  bootImage: BOOT,
  loaders: { bios: file('bootmgr', 400_000) },
});
const PART = 3800 * MIB;
const problems = (...files: readonly UdfFile[]) => {
  const failure = failureOf(() => contentsOf(medium(...files), [], PART));
  expect(failure).toBeInstanceOf(Failure);
  return failure.diagnostics;
};

describe('the content', () => {
  it('is what the medium has, and install.wim in parts where it is too large for one', () => {
    const wim = file('Sources/install.WIM', 5 * GIB);
    const found = contentsOf(medium(wim, file('setup.exe', 80_000)), [], PART);
    expect(found.split).toBe(wim);
    expect(found.plain.map(({ path }) => path)).toEqual(['sources/boot.wim', 'setup.exe']);
    expect(found.bytes).toBeGreaterThan(5.4 * GIB);
    expect(contentsOf(medium(file('sources/install.wim', PART)), [], PART).split).toBeUndefined();
  });

  it('has the files of the recipe in the place of those of the medium', () => {
    const own = { path: 'AutoUnattend.xml', source: '/r/answers.xml', bytes: 10 };
    const found = contentsOf(medium(file('autounattend.xml', 99)), [own], PART);
    expect([found.plain.map(({ path }) => path), found.added]).toEqual([['sources/boot.wim'], [own]]);
  });

  it('is refused where FAT cannot hold it', () => {
    expect(problems(file('sources/install.esd', 4 * GIB), file('other.bin', 4 * GIB))).toEqual([
      {
        what: 'FAT cannot hold sources/install.esd: it is too large.',
        expected: 'files below 4 GiB',
        found: '4G',
        hint: 'Make a WIM of it, which is split: wimlib-imagex export install.esd all install.wim --compress=LZX, and a new ISO with that.',
      },
      {
        what: 'FAT cannot hold other.bin: it is too large.',
        expected: 'files below 4 GiB',
        found: '4G',
        hint: 'Only sources/install.wim is split into parts that setup reads. Leave this file out of the ISO.',
      },
    ]);
    expect(
      problems(file('a/b:c', 1), file('x. ', 1), file('Read', 1), file('reaD', 1)).map(({ what }) => what),
    ).toEqual([
      'FAT cannot hold "a/b:c".',
      'FAT cannot hold "x. ".',
      'FAT takes reaD and Read for the same file.',
    ]);
    expect(contentsOf(medium(file('large', 4 * GIB - 1)), [], PART).plain).toHaveLength(2);
  });
});

describe('the disk', () => {
  const wish = { name: 'win', content: 700 * MIB, free: 128 * MIB, size: undefined };

  it('is as large as its content, with one active partition', () => {
    const layout = installerLayout(wish);
    expect(layout.bytes).toBe(829 * MIB);
    expect(sfdiskScript(layout)).toMatchInlineSnapshot(`
      "label: dos
      label-id: 0x8d5cc0f4
      unit: sectors
      sector-size: 512

      start=2048, size=1695744, type=0c, bootable
      "
    `);
  });

  it('is refused when it is too small, with the size that it needs', () => {
    expect(failureOf(() => installerLayout({ ...wish, size: 800 * MIB })).diagnostics[0]).toEqual({
      what: 'The LUN is 29M too small for the files of the installer.',
      expected: '`size` of at least 829M, of which 128M stay free; or none',
      found: '800M',
    });
    expect(installerLayout({ ...wish, size: 2 * GIB }).bytes).toBe(2 * GIB);
  });
});

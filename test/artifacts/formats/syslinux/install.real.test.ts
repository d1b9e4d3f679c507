import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { makeFat } from '../../../../artifacts/formats/fat.js';
import {
  installSyslinux,
  readBootCode,
  syslinuxParts,
} from '../../../../artifacts/formats/syslinux/install.js';
import { placeLdlinux, unplaced } from '../../../../artifacts/formats/syslinux/ldlinux.js';
import { ask, run, testFolder } from '../tools.js';

const MIB = 1024 * 1024;

/** LBAs of a file's clusters in a FAT, by mtools. */
async function sectorsOf(file: string, path: string): Promise<number[]> {
  const shown = await ask('mshowfat', '-i', file, `::${path}`);
  const info = await ask('minfo', '-i', file, '::');
  const number = (name: string) => Number(new RegExp(`^${name}[ :=]+(\\d+)`, 'm').exec(info)?.[1]);
  const perCluster = number('cluster size');
  const reserved = number('reserved \\(boot\\) sectors');
  const [fats, entries] = [number('fats'), number('max available root directory slots')];
  const perFat = number('sectors per fat') || number('Big fatlen');
  const first = reserved + fats * perFat + (entries * 32) / 512;
  const clusters = [...shown.matchAll(/<(\d+)(?:-(\d+))?>/g)].flatMap(([, from, to]) =>
    Array.from({ length: Number(to ?? from) - Number(from) + 1 }, (_, index) => Number(from) + index),
  );
  return clusters.flatMap((cluster) =>
    Array.from({ length: perCluster }, (_, index) => first + (cluster - 2) * perCluster + index),
  );
}

it.each([
  ['FAT12', 4, '/'],
  ['FAT16', 16, '/'],
  ['FAT32', 64, '/syslinux'],
])(
  'what we place in a %s is what the installer of SYSLINUX places, byte for byte',
  async (_, mib, directory) => {
    await using folder = await testFolder();
    const file = folder.at('disk.fat');
    // A file that splits what comes behind it, and a folder for it.
    const files = [{ path: 'syslinux/a', source: '/usr/lib/SYSLINUX/mbr.bin' }];
    await makeFat(run, {
      offset: 0,
      bytes: mib * MIB,
      file,
      label: 'x',
      volumeId: '1234-ABCD',
      epoch: 0,
      files,
    });
    await installSyslinux(run, { file, directory, epoch: 0 });
    const base = directory === '/' ? '' : directory;
    await run(['mcopy', '-n', '-i', file, `::${base}/ldlinux.sys`, folder.at('core')], { doing: 'read it' });
    const core = await readFile(folder.at('core'));
    const boot = (await readFile(file)).subarray(0, 512);
    const sectors = (await sectorsOf(file, `${base}/ldlinux.sys`)).slice(0, core.length / 512);
    const made = placeLdlinux({ core: unplaced(core), boot: cleared(boot, core) }, { sectors, directory });
    expect(made.core.equals(core)).toBe(true);
    expect(made.boot.equals(boot)).toBe(true);
  },
);

/** The boot sector without what it says of the first sector. */
function cleared(boot: Buffer, core: Buffer): Buffer {
  const copy = Buffer.from(boot);
  const area = core.indexOf('fe02b23e', 'hex');
  const extended = core.readUInt16LE(area + 22);
  for (const field of [14, 16])
    copy.fill(0, core.readUInt16LE(extended + field), core.readUInt16LE(extended + field) + 4);
  return copy;
}

it('the parts are of one build, and the same each time', async () => {
  await using folder = await testFolder();
  await using other = await testFolder();
  const parts = await syslinuxParts(run, folder.path);
  expect(parts.module.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  expect(parts.boot.toString('latin1', 3, 11)).toBe('SYSLINUX');
  expect(await syslinuxParts(run, other.path)).toEqual(parts);
});

it.each(['gpt', 'mbr'] as const)(
  'the boot code of a disk with %s leaves room for its table',
  async (table) => {
    expect((await readBootCode(table)).length).toBeLessThanOrEqual(440);
  },
);

import { expect, it } from 'vitest';
import { fatFolders, mkfsVfatArgv, smallestFat } from '../../../artifacts/formats/fat.js';

const MIB = 1024 * 1024;
const request = {
  offset: 4 * MIB,
  bytes: 64 * MIB,
  file: '/scratch/esp.fat',
  label: 'system-partition',
  volumeId: '1234-ABCD',
  epoch: 0,
  files: [],
};

it.each([
  [64, 'mkfs.vfat --invariant -i 1234ABCD -n SYSTEM-PART -S 512 -F 32 -h 8192 /scratch/esp.fat'],
  [33, 'mkfs.vfat --invariant -i 1234ABCD -n SYSTEM-PART -S 512 -h 8192 /scratch/esp.fat'],
])('makes a partition of %d MiB', (mib, argv) => {
  expect(mkfsVfatArgv({ ...request, bytes: mib * MIB }).join(' ')).toBe(argv);
});

it('names folders, parents first', () => {
  const files = ['EFI/BOOT/BOOTX64.EFI', 'EFI/debian/grub.cfg', 'a', 'EFI-old/x'].map((path) => ({ path }));
  expect(fatFolders(files)).toEqual(['EFI', 'EFI-old', 'EFI/BOOT', 'EFI/debian']);
});

it.each([
  [[], 1],
  [[700_000], 1],
  [[1_000_000], 2],
  [[32 * MIB, 1], 34],
])('needs room for files of %j bytes: %d MiB', (sizes, mib) => {
  expect(smallestFat(sizes)).toBe(mib * MIB);
});

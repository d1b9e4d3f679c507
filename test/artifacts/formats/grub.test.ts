import { expect, it } from 'vitest';
import { planLayout } from '../../../artifacts/formats/disk-layout.js';
import { biosPlace, placeBiosGrub } from '../../../artifacts/formats/grub.js';
import { GPT_DISK, MBR_DISK, root } from './disks.js';
import { failureOf } from './tools.js';

it('finds the place of the BIOS core', () => {
  expect(biosPlace(planLayout(GPT_DISK))).toMatchObject({ firstLba: 2048, sectors: 6144 });
  expect(biosPlace(planLayout(MBR_DISK))).toEqual({ firstLba: 1, sectors: 2047 });
  expect(biosPlace(planLayout({ ...GPT_DISK, partitions: [root] }))).toBeUndefined();
});

it('tells the boot code where core is, and core where the rest of it is', () => {
  const { boot, core } = placeBiosGrub(Buffer.alloc(512, 1), Buffer.alloc(1300, 2), {
    firstLba: 2048,
    sectors: 3,
  });
  expect(boot.length).toBe(440);
  expect(boot.readBigUInt64LE(0x5c)).toBe(2048n);
  expect(boot.subarray(0x65, 0x69)).toEqual(Buffer.from([1, 0x90, 0x90, 1]));
  expect(core.length).toBe(3 * 512);
  expect(core.readBigUInt64LE(500)).toBe(2049n);
  expect(core.readUInt16LE(508)).toBe(2);
  expect(core.readUInt16LE(510)).toBe(0x820);
  expect(core.subarray(1299, 1302)).toEqual(Buffer.from([2, 0, 0]));
});

it('refuses a place that is too small', () => {
  const failure = failureOf(() =>
    placeBiosGrub(Buffer.alloc(512), Buffer.alloc(1025), { firstLba: 2048, sectors: 2 }),
  );
  expect(failure.kind).toBe('recipe');
  expect(failure.diagnostics).toEqual([
    {
      what: 'There is 512 bytes too little room for the boot loader GRUB.',
      expected: 'at least 1536 bytes',
      found: '1024 bytes',
      hint: 'Make the bios-boot partition 1 MiB or larger.',
    },
  ]);
});

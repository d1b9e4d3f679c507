import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  extentsOf,
  type Ldlinux,
  placeLdlinux,
  unplaced,
  withoutFat,
} from '../../../../artifacts/formats/syslinux/ldlinux.js';
import { failureOf } from '../tools.js';

const AREA = 0x18;
const EXTENDED = 0x40;
const [ADV, DIRECTORY, EXTENTS] = [0x60, 0x80, 0x100];
const EXTENT_COUNT = 32;

/** A core of `sectors` sectors and two for the ADV, laid out as SYSLINUX lays out its own. */
function coreOf(sectors: number, fill: number): Ldlinux {
  const core = Buffer.alloc((sectors + 2) * 512, fill);
  core.writeUInt32LE(0x3eb202fe, AREA);
  core.writeUInt16LE(sectors, AREA + 8);
  core.writeUInt16LE(2, AREA + 10);
  core.writeUInt32LE((sectors * 512) / 4, AREA + 12);
  core.writeUInt16LE(EXTENDED, AREA + 22);
  [ADV, DIRECTORY, 32, 0, 0, EXTENTS, EXTENT_COUNT, 0x11a, 0x120, 0].forEach((value, index) =>
    core.writeUInt16LE(value, EXTENDED + index * 2),
  );
  return { core, boot: Buffer.alloc(512, fill) };
}

/** Runs of sectors, as a file system lays out a file. */
const runs = fc.array(fc.tuple(fc.nat(2 ** 40), fc.integer({ min: 1, max: 200 })), {
  minLength: 1,
  maxLength: 8,
});
const sectorsOf = (list: readonly (readonly [number, number])[]) =>
  list.flatMap(([start, length]) => Array.from({ length }, (_, index) => start + index));

it('extents are the sectors again, each within one read of 64 KiB', () => {
  fc.assert(
    fc.property(runs, (list) => {
      const sectors = sectorsOf(list);
      const extents = extentsOf(sectors);
      expect(sectorsOf(extents.map(({ start, length }) => [start, length]))).toEqual(sectors);
      expect(Math.max(...extents.map(({ length }) => length))).toBeLessThan(128);
      expect(extents.length).toBeLessThanOrEqual(
        list.reduce((sum, [, length]) => sum + Math.ceil(length / 127), 0),
      );
    }),
  );
});

it('what is placed can be read again, wherever it was before', () => {
  fc.assert(
    fc.property(runs, fc.nat(255), fc.boolean(), (list, fill, again) => {
      const sectors = sectorsOf(list);
      fc.pre(sectors.length > 3);
      const files = coreOf(sectors.length - 2, fill);
      const before = again
        ? placeLdlinux(files, { sectors: sectors.map((each) => each + 5), directory: '/elsewhere' })
        : files;
      const blank = { ...before, core: unplaced(before.core) };
      const { core, boot } = placeLdlinux(blank, { sectors, directory: '/boot/extlinux' });
      expect(boot.readUInt32LE(0x11a) + boot.readUInt32LE(0x120) * 2 ** 32).toBe(sectors[0]);
      const extents = Array.from({ length: EXTENT_COUNT }, (_, index) => EXTENTS + index * 10).map(
        (at) => [Number(core.readBigUInt64LE(at)), core.readUInt16LE(at + 8)] as const,
      );
      expect(sectorsOf(extents)).toEqual(sectors.slice(1, -2));
      expect([0, 8].map((at) => Number(core.readBigUInt64LE(ADV + at)))).toEqual(sectors.slice(-2));
      expect(core.toString('latin1', DIRECTORY, DIRECTORY + 32)).toBe('/boot/extlinux'.padEnd(32, '\0'));
      let sum = 0;
      for (let at = 0; at < core.length - 1024; at += 4) sum = (sum + core.readUInt32LE(at)) >>> 0;
      expect(sum).toBe(0x3eb202fe);
    }),
  );
});

it('a core that is to be placed has no block of zeros where its extents will be', () => {
  const { core } = coreOf(40, 0);
  expect(
    unplaced(core)
      .subarray(EXTENTS, EXTENTS + EXTENT_COUNT * 10)
      .every((byte) => byte === 0xff),
  ).toBe(true);
});

it.each([
  ['no patch area', Buffer.alloc(4096), [1], 'a patch area that fits its length', '4096 bytes without one'],
  [
    'a core cut short',
    coreOf(8, 0).core.subarray(0, 4096),
    [1],
    'a patch area that fits its length',
    '4096 bytes without one',
  ],
  ['too few sectors', coreOf(8, 0).core, [1, 2], '10 sectors', '2'],
  [
    'more pieces than there is room for',
    coreOf(40, 0).core,
    Array.from({ length: 42 }, (_, index) => index * 2),
    'at most 32 extents',
    '39',
  ],
])('refuses %s', (_, core, sectors, expected, found) => {
  const failure = failureOf(() =>
    placeLdlinux({ core, boot: Buffer.alloc(512) }, { sectors, directory: '/' }),
  );
  expect(failure.diagnostics).toEqual([
    {
      what: 'The ldlinux.sys of the installed SYSLINUX is not laid out as version 6 has it.',
      expected,
      found,
      hint: "Install Debian's package syslinux.",
    },
  ]);
});

it('the boot sector of another file system has nothing of a FAT but the geometry', () => {
  const fat = Buffer.alloc(512, 0xee);
  const small = withoutFat(fat, { firstLba: 2048, sectors: 40_000 });
  expect(small.subarray(0, 0x0b)).toEqual(fat.subarray(0, 0x0b));
  expect(small.subarray(0x5a)).toEqual(fat.subarray(0x5a));
  const numbers = (boot: Buffer) => [
    boot.readUInt16LE(0x0b),
    boot.readUInt16LE(0x13),
    boot.readUInt16LE(0x18),
    boot.readUInt16LE(0x1a),
    boot.readUInt32LE(0x1c),
    boot.readUInt32LE(0x20),
  ];
  expect(numbers(small)).toEqual([512, 40_000, 63, 255, 2048, 40_000]);
  expect(numbers(withoutFat(fat, { firstLba: 4096, sectors: 8_000_000 }))).toEqual([
    512, 0, 63, 255, 4096, 8_000_000,
  ]);
  expect(small.subarray(0x24, 0x5a).every((byte) => byte === 0)).toBe(true);
});

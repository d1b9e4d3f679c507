import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ext4Geometry, ext4Shortage, smallestExt4 } from '../../../artifacts/formats/ext4-size.js';

const MIB = 1024 * 1024;
const tree = fc.record({
  inodes: fc.integer({ min: 1, max: 400_000 }),
  blocks: fc.integer({ min: 1, max: 3_000_000 }),
});
const options = fc.record({
  reservedPercent: fc.integer({ min: 0, max: 10 }),
  free: fc.integer({ min: 0, max: 1024 * MIB }),
});

it('is what mke2fs lays out', () => {
  // The numbers of dumpe2fs for a root of 3771 MiB: overhead 35318 of which the journal takes 16384.
  expect(ext4Geometry(965376 * 4096, { inodes: 17155, blocks: 228003 }, { reservedPercent: 1 })).toEqual({
    blocks: 965376,
    inodes: 241440,
    journalMib: 64,
    overheadBlocks: 35318 + 5,
    reservedBlocks: 9653,
  });
});

it('gives inodes enough to a tree of many small files', () => {
  const { inodes } = ext4Geometry(256 * MIB, { inodes: 40_000, blocks: 40_000 }, { reservedPercent: 0 });
  expect(inodes).toBeGreaterThanOrEqual(50_000);
});

it('finds the least size that holds a tree', () => {
  fc.assert(
    fc.property(tree, options, (size, wishes) => {
      const bytes = smallestExt4({ ...wishes, tree: size });
      const room = (of: number) => {
        const { blocks, overheadBlocks, reservedBlocks } = ext4Geometry(of, size, wishes);
        return blocks - overheadBlocks - reservedBlocks;
      };
      const needed = Math.ceil(size.blocks * 1.005) + Math.ceil(wishes.free / 4096);
      expect(bytes % MIB).toBe(0);
      expect(room(bytes)).toBeGreaterThanOrEqual(needed);
      expect(room(bytes - MIB)).toBeLessThan(needed);
    }),
    { seed: 1, numRuns: 300 },
  );
});

it('says by how much a size is too small', () => {
  const need = { tree: { inodes: 1000, blocks: 20_000 }, reservedPercent: 1, free: 0 };
  const least = smallestExt4(need);
  expect(ext4Shortage(least, need)).toBe(0);
  expect(ext4Shortage(least + MIB, need)).toBe(0);
  expect(ext4Shortage(least - 37 * MIB, need)).toBe(37 * MIB);
});

it('knows that a larger journal may need more than a larger size gives', () => {
  // From 1 GiB on the journal takes 32 MiB and not 16.
  const { blocks, overheadBlocks } = ext4Geometry(
    1023 * MIB,
    { inodes: 10, blocks: 0 },
    { reservedPercent: 0 },
  );
  const need = {
    tree: { inodes: 10, blocks: 1 },
    reservedPercent: 0,
    free: (blocks - overheadBlocks - 3) * 4096,
  };
  expect(ext4Shortage(1023 * MIB, need)).toBe(0);
  expect(ext4Shortage(1024 * MIB, need)).toBeGreaterThanOrEqual(14 * MIB);
});

import { expect, it } from 'vitest';
import { createSparse, fileSizes, readAt, writeAt } from '../../../artifacts/formats/sparse.js';
import { swapHeader, writeSwap } from '../../../artifacts/formats/swap.js';
import { ask, run, testFolder } from './tools.js';

const UUID = '33333333-4444-4555-8666-777777777777';
const MIB = 1024 * 1024;

it('is byte for byte what mkswap writes', async () => {
  await using folder = await testFolder();
  for (const bytes of [40 * 1024, 512 * MIB, 3 * 1024 * MIB + 512]) {
    const path = folder.at(`swap-${bytes}`);
    await createSparse(path, bytes);
    await run(['mkswap', '-U', UUID, path], { doing: 'make the swap area to compare with' });
    expect(swapHeader(bytes, UUID)).toEqual(await readAt(path, 0, 4096));
  }
});

it('is a swap area to blkid and swaplabel, at its offset', async () => {
  await using folder = await testFolder();
  await createSparse(folder.at('disk.img'), 100 * MIB);
  await writeSwap(folder.at('disk.img'), 8 * MIB, 64 * MIB, UUID);
  const found = await ask('blkid', '-p', '-O', String(8 * MIB), '-o', 'export', folder.at('disk.img'));
  expect(found).toContain(`UUID=${UUID}`);
  expect(found).toContain('TYPE=swap');
  expect((await fileSizes(folder.at('disk.img'))).allocated).toBe(4096);
  await createSparse(folder.at('swap'), 64 * MIB);
  await writeAt(folder.at('swap'), 0, await readAt(folder.at('disk.img'), 8 * MIB, 4096));
  expect(await ask('swaplabel', folder.at('swap'))).toContain(`UUID:  ${UUID}`);
});

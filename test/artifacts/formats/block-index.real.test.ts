import { truncate } from 'node:fs/promises';
import { expect, it } from 'vitest';
import {
  type BlockIndex,
  compareBlocks,
  differingBlocks,
  digestAt,
  indexBlocks,
} from '../../../artifacts/formats/block-index.js';
import { createSparse, writeAt } from '../../../artifacts/formats/sparse.js';
import type { Ports } from '../../../base/ports.js';
import { ports, type TestFolder, testFolder } from './tools.js';

const BLOCK = 4096;

/** An image of a GiB with one letter a block, by its number; the rest is a hole. */
async function image(folder: TestFolder, name: string, blocks: Readonly<Record<number, string>>) {
  const path = folder.at(name);
  await createSparse(path, 2 ** 30);
  for (const [block, letter] of Object.entries(blocks)) {
    await writeAt(path, Number(block) * BLOCK, Buffer.alloc(BLOCK, letter));
  }
  return path;
}

async function indexBoth(a: string, b: string, use: Pick<Ports, 'run' | 'signal'> = ports) {
  return [await indexBlocks(a, use), await indexBlocks(b, use)] as const;
}

it('tells what stayed, what moved, what is new and what is gone', async () => {
  await using folder = await testFolder();
  const old = await image(folder, 'old', { 0: 'a', 1: 'b', 5000: 'c', 9000: 'd' });
  const now = await image(folder, 'new', { 0: 'a', 2: 'b', 5000: 'x', 7000: 'a' });
  const [a, b] = await indexBoth(old, now, ports);
  expect([a.bytes, a.nonZero, b.nonZero]).toEqual([2 ** 30, 4, 4]);
  expect([...differingBlocks(a, b)]).toEqual([1, 2, 5000, 7000, 9000]);
  expect(compareBlocks(a, b)).toEqual({ unchanged: 1, moved: 2, added: 1 });
  const at = (index: BlockIndex, ...blocks: number[]) => blocks.map((block) => digestAt(index, block));
  expect(at(a, 0, 1, 3)).toEqual([...at(b, 0, 2), 0n]);
  expect(at(a, 2 ** 40)).toEqual([0n]);
});

it('takes allocated zeros for what holes are', async () => {
  await using folder = await testFolder();
  const old = await image(folder, 'old', { 0: 'a' });
  const now = await image(folder, 'new', { 0: 'a', 1: '\0', 800: '\0' });
  const [a, b] = await indexBoth(old, now, ports);
  expect([...differingBlocks(a, b)]).toEqual([]);
  expect(b.nonZero).toBe(1);
});

it('compares images of other sizes, and an end within a block', async () => {
  await using folder = await testFolder();
  const old = await image(folder, 'old', { 0: 'a' });
  const now = await image(folder, 'new', { 0: 'a', 1: 'b' });
  await truncate(old, 4 * BLOCK);
  await truncate(now, BLOCK + 100);
  const [a, b] = await indexBoth(old, now, ports);
  expect([a.bytes, b.bytes]).toEqual([4 * BLOCK, BLOCK + 100]);
  expect(compareBlocks(a, b)).toEqual({ unchanged: 1, moved: 0, added: 1 });
});

it('reads all of an image whose file system tells no holes', async () => {
  await using folder = await testFolder();
  const old = await image(folder, 'old', { 3: 'a' });
  const now = await image(folder, 'new', { 4: 'a' });
  await truncate(old, 1000 * BLOCK);
  await truncate(now, 1000 * BLOCK);
  const run: Ports['run'] = async () => ({ stdout: '', stderr: '', exitCode: 1 });
  const [a, b] = await indexBoth(old, now, { run, signal: ports.signal });
  expect(compareBlocks(a, b)).toEqual({ unchanged: 0, moved: 1, added: 0 });
});

it('stops when it is asked to', async () => {
  await using folder = await testFolder();
  const path = await image(folder, 'old', { 3: 'a' });
  const signal = AbortSignal.abort(new Error('stopped'));
  const run: Ports['run'] = async () => ({ stdout: '', stderr: '', exitCode: 1 });
  await expect(indexBlocks(path, { run, signal })).rejects.toThrow('stopped');
});

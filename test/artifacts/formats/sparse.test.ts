import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { copyInto, createSparse, fileSizes, readAt, writeAt } from '../../../artifacts/formats/sparse.js';
import { testFolder } from './tools.js';

const GIB = 1024 ** 3;

it('creates a file of holes', async () => {
  await using folder = await testFolder();
  await createSparse(folder.at('disk.img'), 10 * GIB);
  expect(await fileSizes(folder.at('disk.img'))).toEqual({ apparent: 10 * GIB, allocated: 0 });
});

it('never replaces a file', async () => {
  await using folder = await testFolder();
  await writeFile(folder.at('disk.img'), 'mine');
  await expect(createSparse(folder.at('disk.img'), 1)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(folder.at('disk.img'), 'utf8')).toBe('mine');
});

it('writes at an offset, beyond 4 GiB too, and leaves the rest', async () => {
  await using folder = await testFolder();
  const path = folder.at('disk.img');
  await createSparse(path, 6 * GIB);
  await writeAt(path, 5 * GIB + 3, Buffer.from('abc'));
  expect(await readAt(path, 5 * GIB, 8)).toEqual(Buffer.from('\0\0\0abc\0\0'));
  expect((await fileSizes(path)).allocated).toBeLessThanOrEqual(64 * 1024);
});

it('says that a file ends too early', async () => {
  await using folder = await testFolder();
  const path = folder.at('short');
  await writeFile(path, 'abc');
  await expect(readAt(path, 1, 5)).rejects.toMatchObject({
    kind: 'integrity',
    diagnostics: [
      { what: `The file ${path} ends too early.`, expected: '5 bytes at offset 1', found: '2 bytes' },
    ],
  });
});

it('copies a file into another, whatever is in it, and keeps zeros as holes', async () => {
  const block = fc.oneof(
    fc.constant(Buffer.alloc(4096)),
    fc.uint8Array({ minLength: 1, maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(block, { maxLength: 12 }), async (blocks) => {
      await using folder = await testFolder();
      const source = Buffer.concat(blocks);
      await writeFile(folder.at('source'), source);
      await createSparse(folder.at('target'), 4 * 1024 * 1024);
      await copyInto(folder.at('source'), folder.at('target'), 1024 * 1024);
      expect(await readAt(folder.at('target'), 1024 * 1024, source.length)).toEqual(source);
      const around = await readAt(folder.at('target'), 1024 * 1024 + source.length, 4096);
      expect(around.every((byte) => byte === 0)).toBe(true);
    }),
    { seed: 1, numRuns: 30 },
  );
});

it('allocates nothing for zeros that it copies', async () => {
  await using folder = await testFolder();
  await writeFile(folder.at('source'), Buffer.alloc(8 * 1024 * 1024));
  await createSparse(folder.at('target'), 16 * 1024 * 1024);
  await copyInto(folder.at('source'), folder.at('target'), 0);
  expect((await fileSizes(folder.at('target'))).allocated).toBe(0);
});

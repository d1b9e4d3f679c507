import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256File } from '../../../artifacts/formats/file-digest.js';
import { createSparse, writeAt } from '../../../artifacts/formats/sparse.js';
import { run, testFolder } from './tools.js';

const MIB = 1024 * 1024;

it('is the digest of the whole file, with holes read and with holes skipped', async () => {
  const write = fc.record({
    at: fc.nat({ max: 20 * MIB }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 9000 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 20 * MIB }), fc.array(write, { maxLength: 6 }), async (size, writes) => {
      await using folder = await testFolder();
      const path = folder.at('file');
      await createSparse(path, size);
      for (const { at, bytes } of writes) await writeAt(path, at, bytes);
      const expected = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
      expect(await sha256File(path)).toBe(expected);
      expect(await sha256File(path, { run })).toBe(expected);
    }),
    { seed: 1, numRuns: 25 },
  );
});

it('tells its progress and ends when it is told to', async () => {
  await using folder = await testFolder();
  await createSparse(folder.at('file'), 10 * MIB);
  const seen: number[] = [];
  await sha256File(folder.at('file'), { run, onProgress: (done) => seen.push(done) });
  expect(seen).toEqual([4 * MIB, 8 * MIB, 10 * MIB]);
  const reason = new Error('enough');
  await expect(sha256File(folder.at('file'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

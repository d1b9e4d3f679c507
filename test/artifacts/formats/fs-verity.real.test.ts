import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { digestOfTree, fsVerityDigest, verityTree } from '../../../artifacts/formats/fs-verity.js';
import { writeAt } from '../../../artifacts/formats/sparse.js';
import { createPorts } from '../../../base/command.js';
import { testFolder } from './tools.js';

const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
const KIB = 1024;
const MIB = 1024 * KIB;

async function judge(path: string): Promise<string> {
  const { stdout } = await execa('fsverity', ['digest', '--compact', path]);
  return stdout.trim();
}

async function sparseFile(
  path: string,
  size: number,
  pieces: readonly { at: number; length: number; fill: number }[],
): Promise<void> {
  const file: FileHandle = await open(path, 'w');
  await file.truncate(size);
  for (const { at, length, fill } of pieces) {
    const bytes = Math.max(0, Math.min(length, size - at));
    if (bytes > 0) await file.write(Buffer.alloc(bytes, fill), 0, bytes, at);
  }
  await file.close();
}

it.each([0, 1, 4095, 4096, 4097, 512 * KIB - 1, 512 * KIB, 512 * KIB + 1, 64 * MIB, 65 * MIB + 5])(
  'is that of fsverity for %i bytes',
  async (size) => {
    await using folder = await testFolder();
    const path = join(folder.path, 'file');
    await sparseFile(path, size, [
      { at: 3, length: 10_000, fill: 7 },
      { at: size - 100, length: 50, fill: 9 },
    ]);
    const expected = await judge(path);
    expect(await fsVerityDigest(path)).toBe(expected);
    expect(await fsVerityDigest(path, ports)).toBe(expected);
  },
);

it('is that of fsverity wherever the holes are', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'file');
  const piece = fc.record({
    at: fc.nat(20 * MIB),
    length: fc.nat(3 * MIB),
    fill: fc.constantFrom(0, 1, 255),
  });
  await fc.assert(
    fc.asyncProperty(fc.nat(20 * MIB), fc.array(piece, { maxLength: 5 }), async (size, pieces) => {
      await sparseFile(path, size, pieces);
      const expected = await judge(path);
      expect(await fsVerityDigest(path, ports)).toBe(expected);
    }),
    { seed: 1, numRuns: 25 },
  );
});

it('is that of fsverity when several threads share the work', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'file');
  const size = 90 * MIB + 77;
  await sparseFile(path, size, [
    { at: 0, length: 80 * MIB, fill: 5 },
    { at: 30 * MIB, length: 5 * MIB, fill: 0 },
    { at: size - 10, length: 10, fill: 6 },
  ]);
  expect(await fsVerityDigest(path, ports)).toBe(await judge(path));
});

it('ends when it is stopped', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'file');
  await sparseFile(path, 80 * MIB, [{ at: 0, length: 80 * MIB, fill: 5 }]);
  const controller = new AbortController();
  const digest = fsVerityDigest(path, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(digest).rejects.toThrow('enough');
});

it('takes the digest of a copy from where it differs', async () => {
  await using folder = await testFolder();
  const path = join(folder.path, 'file');
  const change = fc.record({
    at: fc.nat(20 * MIB),
    length: fc.integer({ min: 1, max: MIB }),
    fill: fc.constantFrom(0, 9),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 * MIB }),
      fc.array(change, { maxLength: 3 }),
      fc.boolean(),
      async (size, changes, told) => {
        await sparseFile(path, size, [
          { at: 0, length: MIB, fill: 1 },
          { at: 10 * MIB, length: 3 * MIB, fill: 2 },
        ]);
        const { groups } = await verityTree(path, ports);
        const spans = changes
          .map(({ at, length, fill }) => ({
            start: Math.min(at, size),
            end: Math.min(at + length, size),
            fill,
          }))
          .sort((a, b) => a.start - b.start);
        for (const { start, end, fill } of spans) await writeAt(path, start, Buffer.alloc(end - start, fill));
        const tree = await verityTree(path, { ...(told ? ports : {}), copy: { groups, spans } });
        expect(digestOfTree(tree)).toBe(await judge(path));
      },
    ),
    { seed: 1, numRuns: 25 },
  );
});

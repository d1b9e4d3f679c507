import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fsVerityDigest } from '../../../artifacts/formats/fs-verity.js';
import { createPorts } from '../../../pipeline/command.js';
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

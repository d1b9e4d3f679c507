/** A LUN as one file: GNU tar and gzip read it, it comes back as it was, and what is damaged is refused. */
import { createHash } from 'node:crypto';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LunArchive,
  lunData,
  readLunArchive,
  writeLunArchive,
} from '../../../artifacts/formats/lun-archive.js';
import { failureOf } from '../../util/failure-of.js';
import { ask, run, type TestFolder, testFolder } from './tools.js';

const MIB = 2 ** 20;
const quiet = () => undefined;

/** @param pieces offsets and content, in order */
async function exported(
  folder: TestFolder,
  bytes: number,
  pieces: readonly (readonly [offset: number, content: Uint8Array])[],
): Promise<LunArchive & { readonly file: string; readonly disk: string }> {
  const [disk, file] = [folder.at('disk'), folder.at('lun.tar.gz')];
  await using made = await open(disk, 'w');
  await made.truncate(bytes);
  const sum = createHash('sha256');
  for (const [offset, content] of pieces) {
    await made.write(content, 0, content.length, offset);
    sum.update(content);
  }
  const ranges = pieces.map(([start, content]) => ({ start, end: start + content.length }));
  const facts = {
    ...{ format: 'lunsmith-lun/1' as const, client: 'web1', image: 'main', host: 'san1' },
    ...{ generation: 'abababababab-3', blank: false, bytes, at: '2026-01-02T03:04:05Z' },
    release: { digest: 'ab'.repeat(32), recipe: 'small' },
    data: ranges.reduce((all, { start, end }) => all + end - start, 0),
    sha256: sum.digest('hex'),
  };
  await writeLunArchive(file, disk, { facts, ranges }, quiet);
  return { facts, ranges, file, disk };
}

async function dataOf(file: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of lunData(file)) pieces.push(piece);
  return Buffer.concat(pieces);
}

const some = (bytes: number, seed: number) =>
  Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 7 + seed) % 251));

it('is what GNU tar unpacks, with its holes', async () => {
  await using folder = await testFolder();
  const { file, disk } = await exported(folder, 300 * MIB + 512, [
    [0, some(512, 1)],
    [40 * MIB, some(3 * MIB, 2)],
    [300 * MIB, some(512, 3)],
  ]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await run(['gzip', '--test', file], { doing: 'judge it' });
  expect(await ask('tar', '-tzf', file)).toBe('lun.json\ndisk.img\n');
  await run(['tar', '-xzf', file, '-C', folder.path], { doing: 'unpack it' });
  await run(['cmp', disk, folder.at('disk.img')], { doing: 'compare' });
  expect((await stat(folder.at('disk.img'))).blocks * 512).toBeLessThan(8 * MIB);
  expect(JSON.parse(await readFile(folder.at('lun.json'), 'utf8'))).toMatchObject({ client: 'web1' });
});

it('comes back as it was, whatever is in it', async () => {
  const disks = fc.array(fc.tuple(fc.nat(4000), fc.integer({ min: 1, max: 3000 })), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(disks, fc.nat(5000), async (gaps, end) => {
      await using folder = await testFolder();
      let at = 0;
      const pieces = gaps.map(([gap, length], index) => {
        // Two that touch are one.
        const start = at + gap + (index === 0 ? 0 : 1);
        at = start + length;
        return [start, some(length, index)] as const;
      });
      const { file, facts, ranges } = await exported(folder, at + end + 1, pieces);
      expect(await readLunArchive(file, quiet)).toEqual({ facts, ranges });
      expect(await dataOf(file)).toEqual(Buffer.concat(pieces.map(([, content]) => content)));
    }),
    { seed: 1, numRuns: 40 },
  );
});

it('of a disk without holes', async () => {
  await using folder = await testFolder();
  const { file, ranges } = await exported(folder, 70_000, [[0, some(70_000, 1)]]);
  expect((await readLunArchive(file, quiet)).ranges).toEqual(ranges);
  expect(await dataOf(file)).toEqual(some(70_000, 1));
});

describe('what is refused', () => {
  it('any byte that is another, and any end that is missing', async () => {
    await using folder = await testFolder();
    const { file } = await exported(folder, 200_000, [
      [4096, some(5000, 1)],
      [100_000, some(60_000, 2)],
    ]);
    const whole = await readFile(file);
    // The ten bytes of gzip's header say nothing that matters but the first four.
    const places = [0, 1, 2, 11, 20, 60, 150, 300, 700, whole.length - 9, whole.length - 1];
    for (const place of places) {
      const bytes = Buffer.from(whole);
      bytes[place] = (bytes[place] ?? 0) ^ 0x41;
      await writeFile(file, bytes);
      const failure = await failureOf(readLunArchive(file, quiet));
      expect([place, failure.kind], failure.message).toEqual([
        place,
        expect.stringMatching(/^(usage|integrity)$/),
      ]);
    }
    for (const length of [0, 5, 100, 600, whole.length - 200, whole.length - 8, whole.length - 1]) {
      await writeFile(file, whole.subarray(0, length));
      const { kind } = await failureOf(readLunArchive(file, quiet));
      expect([length, kind]).toEqual([length, expect.stringMatching(/^(usage|integrity)$/)]);
    }
  });

  it('what is none, and what is not there', async () => {
    await using folder = await testFolder();
    await writeFile(folder.at('other'), 'other');
    await run(['tar', '-czf', folder.at('tar'), '-C', folder.path, 'other'], { doing: 'make a tar' });
    for (const name of ['other', 'tar'])
      expect((await failureOf(readLunArchive(folder.at(name), quiet))).diagnostics[0]).toMatchObject({
        what: `${folder.at(name)} is no LUN that was exported.`,
      });
    expect((await failureOf(readLunArchive(folder.at('none'), quiet))).diagnostics[0].what).toBe(
      `${folder.at('none')} is not there.`,
    );
    expect((await failureOf(readLunArchive(folder.path, quiet))).kind).toBe('usage');
  });
});

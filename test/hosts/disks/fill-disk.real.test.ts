/** What was kept of a LUN on a disk of a host again: the same bytes, with its holes, on this machine and over a real sshd. */
import { createHash, randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { type DiskContent, fillDisk } from '../../../hosts/disks/fill-disk.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import { openHost } from '../../../hosts/host/open.js';
import { ports, type TestFolder, testFolder } from '../../artifacts/formats/tools.js';
import { failureOf } from '../../util/failure-of.js';
import { hostFacts } from '../../util/hosts.js';
import { startSshd } from '../../util/sshd.js';

const MIB = 2 ** 20;
/** More than 4 GiB, so that an offset has two halves. */
const SIZE = 5 * 1024 * MIB + 512;
const RANGES = [
  { start: 0, end: 512 },
  { start: MIB - 5, end: MIB + 5 },
  { start: 64 * MIB, end: 70 * MIB + 100 },
  { start: SIZE - 1, end: SIZE },
];

type Work = (host: TargetHost, folder: TestFolder) => Promise<void>;

async function near(work: Work): Promise<void> {
  await using folder = await testFolder();
  await using host = await openHost(hostFacts(folder.path), ports);
  await work(host, folder);
}

async function far(work: Work): Promise<void> {
  await using folder = await testFolder();
  await using sshd = await startSshd(ports);
  const transport = { kind: 'ssh' as const, destination: sshd.destination };
  await using host = await openHost({ ...hostFacts(folder.path), transport }, ports, sshd.environment);
  await work(host, folder);
}

/** Random content, which comes in pieces that end nowhere in particular. */
function someContent(): DiskContent & { readonly all: Buffer } {
  const all = randomBytes(RANGES.reduce((sum, { start, end }) => sum + end - start, 0));
  return {
    ...{ all, bytes: SIZE, ranges: RANGES, sha256: createHash('sha256').update(all).digest('hex') },
    async *data() {
      for (let at = 0; at < all.length; at += 300_001) yield all.subarray(at, at + 300_001);
    },
  };
}

async function emptyDisk(folder: TestFolder): Promise<string> {
  await using file = await open(folder.at('disk'), 'wx');
  await file.truncate(SIZE);
  return folder.at('disk');
}

it.each([
  ['of this machine', near],
  ['by ssh', far],
])('a host %s', async (_, on) => {
  await on(async (host, folder) => {
    const disk = await emptyDisk(folder);
    const content = someContent();
    const told: number[] = [];
    await fillDisk(host, disk, content, (done) => told.push(done));
    await using file = await open(disk);
    let at = 0;
    for (const { start, end } of RANGES) {
      const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      expect(buffer.equals(content.all.subarray(at, at + end - start))).toBe(true);
      at += end - start;
    }
    const { size, blocks } = await file.stat();
    expect(size).toBe(SIZE);
    expect(blocks * 512).toBeLessThan(8 * MIB);
    expect(told.at(-1)).toBe(content.all.length);
  });
});

it.each([
  ['of this machine', near],
  ['by ssh', far],
])('says so when it is not what was kept, on a host %s', async (_, on) => {
  await on(async (host, folder) => {
    const disk = await emptyDisk(folder);
    const failure = await failureOf(
      fillDisk(host, disk, { ...someContent(), sha256: '0'.repeat(64) }, () => undefined),
    );
    expect(failure.toRecord()).toMatchObject({
      kind: 'integrity',
      diagnostics: [{ what: expect.stringContaining('is not what was sent') as unknown }],
    });
  });
});

it.each([
  ['of this machine', near],
  ['by ssh', far],
])('ends with what makes its content, on a host %s', async (_, on) => {
  await on(async (host, folder) => {
    const disk = await emptyDisk(folder);
    const content = someContent();
    const broken = async function* () {
      yield content.all.subarray(0, 3 * MIB);
      throw new Error('the file is gone');
    };
    const work = fillDisk(host, disk, { ...content, data: broken }, () => undefined);
    await expect(work).rejects.toThrow('the file is gone');
  });
});

/** A LUN of a host as a file here: the same bytes, with its holes, on this machine and over a real sshd. */
import { randomBytes } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { fetchDisk } from '../../../hosts/disks/fetch-disk.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import { openHost } from '../../../hosts/host/open.js';
import { ports, type TestFolder, testFolder } from '../../artifacts/formats/tools.js';
import { failureOf } from '../../util/failure-of.js';
import { hostFacts } from '../../util/hosts.js';
import { startSshd } from '../../util/sshd.js';

const MIB = 2 ** 20;
const PIECE = 2 ** 16;
const SIZE = 200 * MIB + 512;
/** Bytes that are something: at the start, over the ends of runs, and before the end. */
const WRITTEN: readonly (readonly [offset: number, bytes: number])[] = [
  [0, 512],
  [MIB - 5, 10],
  [64 * MIB + 4096, 12 * MIB],
  [SIZE - 1, 1],
];

async function makeDisk(folder: TestFolder): Promise<string> {
  const path = folder.at('disk');
  await using file = await open(path, 'wx');
  for (const [offset, bytes] of WRITTEN) {
    const content = randomBytes(bytes);
    content[bytes - 1] = 1;
    await file.write(content, 0, bytes, offset);
  }
  await file.truncate(SIZE);
  return path;
}

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

it.each([
  ['of this machine', near],
  ['by ssh', far],
])('a host %s', async (_, on) => {
  await on(async (host, folder) => {
    const disk = await makeDisk(folder);
    const told: number[] = [];
    const to = folder.at('taken');
    expect(await fetchDisk(host, disk, to, (done) => told.push(done))).toMatchObject({
      bytes: SIZE,
      // In pieces of 64 KiB.
      ranges: [
        { start: 0, end: PIECE },
        { start: 15 * PIECE, end: 17 * PIECE },
        { start: 64 * MIB, end: 76 * MIB + PIECE },
        { start: 200 * MIB, end: SIZE },
      ],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
    expect((await readFile(to)).equals(await readFile(disk))).toBe(true);
    const { blocks, mode } = await stat(to);
    expect(blocks * 512).toBeLessThan(16 * MIB);
    expect(mode & 0o777).toBe(0o600);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(SIZE);
  });
});

it.each([
  ['of this machine', near],
  ['by ssh', far],
])('is refused when it is written to meanwhile, on a host %s', async (_, on) => {
  await on(async (host, folder) => {
    const disk = await makeDisk(folder);
    // More than a pipe and what reads it hold is still to come then.
    const touch = () => utimesSync(disk, 1, 1);
    const failure = await failureOf(fetchDisk(host, disk, folder.at('taken'), touch));
    expect(failure.toRecord()).toMatchObject({
      kind: 'integrity',
      diagnostics: [{ what: `${disk} of san1 was written to while it was read.` }],
    });
  });
});

it.each([
  ['of this machine', near],
  ['by ssh', far],
])('says what is wrong when there is no such disk, on a host %s', async (_, on) => {
  await on(async (host, folder) => {
    const failure = await failureOf(fetchDisk(host, folder.at('none'), folder.at('taken'), () => undefined));
    expect(failure.kind).toBe('tool');
    expect(JSON.stringify(failure.toRecord())).toContain('No such file or directory');
  });
});

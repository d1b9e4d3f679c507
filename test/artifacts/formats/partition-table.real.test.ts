import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { planLayout } from '../../../artifacts/formats/disk-layout.js';
import type { DiskSpec } from '../../../artifacts/formats/disk-spec.js';
import { sha256File } from '../../../artifacts/formats/file-digest.js';
import { readPartitionTable, writePartitionTable } from '../../../artifacts/formats/partition-table.js';
import { createSparse, fileSizes, readAt } from '../../../artifacts/formats/sparse.js';
import { esp, GPT_DISK, MBR_DISK, root } from './disks.js';
import { parseGpt } from './judges.js';
import { ask, run, testFolder } from './tools.js';

async function write(path: string, spec: DiskSpec) {
  const layout = planLayout(spec);
  await createSparse(path, layout.bytes);
  await writePartitionTable(run, path, layout);
  return layout;
}

it('writes a GPT that sgdisk finds no fault in', async () => {
  await using folder = await testFolder();
  const image = folder.at('disk.img');
  await write(image, GPT_DISK);
  const verdict = await ask('sgdisk', '-v', image);
  expect(verdict).toContain('No problems found.');
  expect(verdict).not.toMatch(/Warning|Caution/);
  const info = await ask('sgdisk', '-i', '4', image);
  expect(info).toContain('Partition GUID code: 0FC63DAF-8483-4772-8E79-3D69D8477DE4 (Linux filesystem)');
  expect(info).toContain('Partition unique GUID: 44444444-1111-4111-8111-111111111111');
  expect(info).toContain("Partition name: 'root'");
  expect((await fileSizes(image)).allocated).toBeLessThanOrEqual(128 * 1024);
});

it('writes names with spaces that other tools read', async () => {
  await using folder = await testFolder();
  const image = folder.at('disk.img');
  const name = 'EFI system partition no. 1 of a disk';
  await write(image, { ...GPT_DISK, partitions: [{ ...esp, name }, root] });
  expect(await ask('sgdisk', '-i', '1', image)).toContain(`Partition name: '${name}'`);
  const gpt = parseGpt(await readAt(image, 512, 33 * 512));
  expect(gpt.partitions.map((partition) => partition.name)).toEqual([name, 'root']);
  const { partitions } = await readPartitionTable(run, image);
  expect(partitions.map((partition) => partition.name)).toEqual([name, 'root']);
});

it('writes a GPT that the package gpt reads, with its checksums', async () => {
  await using folder = await testFolder();
  const image = folder.at('disk.img');
  const layout = await write(image, GPT_DISK);
  const table = parseGpt(await readAt(image, 512, 33 * 512));
  expect(table.guid.toLowerCase()).toBe(GPT_DISK.guid);
  expect(table.verify()).toBe(true);
  const read = table.partitions.map(({ guid, type, firstLBA, lastLBA, name }) => [
    guid.toLowerCase(),
    type.toUpperCase(),
    firstLBA,
    lastLBA,
    name,
  ]);
  expect(read).toEqual(
    layout.partitions.map(({ guid, firstLba, sectors, name }, index) => [
      guid,
      [
        '21686148-6449-6E6F-744E-656564454649',
        'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
        '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F',
        '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
      ][index],
      BigInt(firstLba),
      BigInt(firstLba + sectors - 1),
      name,
    ]),
  );
  expect(table.backupLBA).toBe(BigInt(layout.bytes / 512 - 1));
});

it.each([
  ['gpt', GPT_DISK, GPT_DISK.guid],
  ['mbr', MBR_DISK, '1a2b3c4d'],
])('reads back the %s that it wrote', async (table, spec, identity) => {
  await using folder = await testFolder();
  const layout = await write(folder.at('disk1.img'), spec);
  const read = await readPartitionTable(run, folder.at('disk1.img'));
  expect(read).toMatchObject({ table, identity });
  expect(read.partitions.map(({ number, firstLba, sectors }) => [number, firstLba, sectors])).toEqual(
    layout.partitions.map(({ number, firstLba, sectors }) => [number, firstLba, sectors]),
  );
  if (table === 'gpt') {
    expect(read.partitions.map(({ guid, name }) => [guid, name])).toEqual(
      layout.partitions.map(({ guid, name }) => [guid, name]),
    );
  } else expect(read.partitions.map(({ type }) => type)).toEqual(['ef', '82', '83']);
});

it('gives the same bytes twice', async () => {
  await using folder = await testFolder();
  for (const spec of [GPT_DISK, MBR_DISK]) {
    const small: DiskSpec = { ...spec, bytes: 1024 * 1024 * 1024 };
    await write(folder.at(`${spec.table}-1`), small);
    await write(folder.at(`${spec.table}-2`), small);
    const digests = await Promise.all(
      [1, 2].map((n) => sha256File(folder.at(`${spec.table}-${n}`), { run })),
    );
    expect(digests[0]).toBe(digests[1]);
  }
});

it('refuses an image without a table', async () => {
  await using folder = await testFolder();
  await createSparse(folder.at('empty.img'), 1024 * 1024);
  await expect(readPartitionTable(run, folder.at('empty.img'))).rejects.toMatchObject({
    kind: 'tool',
    diagnostics: [{ what: 'Could not read the partition table.', found: 'sfdisk: exit code 1' }],
  });
  expect((await readFile(folder.at('empty.img'))).length).toBe(1024 * 1024);
});

/** LUNs that are larger than their image, judged by other tools than those that enlarge them. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fileSizes, readAt } from '../../../../artifacts/formats/sparse.js';
import { swapHeader } from '../../../../artifacts/formats/swap.js';
import { lastPartition } from '../../../../hosts/clients/clone/grow.js';
import { makeClone } from '../../../../hosts/clients/clone.js';
import { ask, run } from '../../../artifacts/formats/tools.js';
import { type CloneRig, cloneRig, FAT, FIXED, GPT, MBR, MIB, SWAP } from './rig.js';

async function make(rig: CloneRig, bytes: number, generation = `abababababab-${bytes}`): Promise<string> {
  const made = await makeClone(rig.host, rig.request({ bytes, generation }), rig.ports);
  expect(made).toEqual({ disk: made.disk, bytes, made: true });
  expect((await stat(made.disk)).size).toBe(bytes);
  return made.disk;
}

interface Table {
  readonly partitiontable: { readonly id: string; readonly partitions: readonly Record<string, unknown>[] };
}

async function tableOf(disk: string): Promise<Table['partitiontable']> {
  const { partitiontable } = JSON.parse(await ask('sfdisk', '--json', disk)) as Table;
  const partitions = partitiontable.partitions.map(({ node: _, ...rest }) => rest);
  return { id: partitiontable.id, partitions };
}

/** Every partition but the last is as it was, and so is the last but for its length. */
async function expectGrown(rig: CloneRig, disk: string, bytes: number): Promise<void> {
  const before = await tableOf(rig.image);
  const last = lastPartition(rig.disk, bytes);
  expect(await tableOf(disk)).toEqual({
    id: before.id,
    partitions: [...before.partitions.slice(0, -1), { ...before.partitions.at(-1), size: last?.sectors }],
  });
  expect(await readAt(disk, 0, 440)).toEqual(await readAt(rig.image, 0, 440));
  if (rig.disk.table === 'gpt') {
    const verdict = await ask('sgdisk', '-v', disk);
    expect(verdict).toContain('No problems found.');
    expect(verdict).not.toMatch(/Warning|Caution/);
  }
  const start = rig.disk.partitions[0]?.firstLba ?? 0;
  const end = last?.firstLba ?? 0;
  const length = (end - start) * 512;
  const [were, are] = [await readAt(rig.image, start * 512, length), await readAt(disk, start * 512, length)];
  expect(are.equals(were)).toBe(true);
}

async function expectFileSystem(rig: CloneRig, disk: string, bytes: number): Promise<void> {
  const last = lastPartition(rig.disk, bytes);
  const place = `${disk}?offset=${(last?.firstLba ?? 0) * 512}`;
  await ask('e2fsck', '-fn', place);
  const header = await ask('dumpe2fs', place);
  expect(header).toMatch(/^Filesystem UUID: +44444444-5555-4666-8777-888888888888$/m);
  const blocks = Number(/^Block count: +(\d+)$/m.exec(header)?.[1]);
  const room = (last?.sectors ?? 0) / 8;
  // A last group that is too small for its own tables is left out: at most 1 % of a group of 32768 blocks, and those.
  expect(blocks).toBeLessThanOrEqual(room);
  expect(blocks).toBeGreaterThan(room - 1500);
  const groups = header.split('\n').filter((line) => /^Group \d+:/.test(line));
  expect(groups.filter((line) => !line.includes('ITABLE_ZEROED'))).toEqual([]);
}

it('fills a LUN of any size with the partition that grows, thinly', async () => {
  await using rig = await cloneRig(GPT);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60_000 }), async (more) => {
      const bytes = rig.disk.bytes + more * MIB;
      const disk = await make(rig, bytes);
      await expectGrown(rig, disk, bytes);
      await expectFileSystem(rig, disk, bytes);
      const [image, lun] = [await fileSizes(rig.image), await fileSizes(disk)];
      // Descriptors and bitmaps: two blocks for each group of 128 MiB at most, in the backups too.
      expect(lun.allocated - image.allocated).toBeLessThan(2 * MIB + more * 256);
    }),
    { seed: 1, numRuns: 9, examples: [[1], [68], [69], [127], [200_000]] },
  );
});

it.each([161, 20_000])('keeps what the image holds on a LUN of %i MiB', async (size) => {
  await using rig = await cloneRig(GPT);
  const bytes = size * MIB;
  const disk = await make(rig, bytes);
  const offset = (lastPartition(rig.disk, bytes)?.firstLba ?? 0) * 512;
  const out = join(rig.folder, 'out');
  await run(['mkdir', out], { doing: 'make a folder' });
  await ask('debugfs', '-R', `rdump / ${out}`, `${disk}?offset=${offset}`);
  await run(['rmdir', join(out, 'lost+found')], { doing: 'remove lost+found' });
  expect(await ask('diff', '-r', rig.tree, out)).toBe('');
});

it('leaves nothing of the old backup of a GPT', async () => {
  await using rig = await cloneRig(FIXED);
  const disk = await make(rig, rig.disk.bytes + 5 * MIB);
  const old = await readAt(disk, rig.disk.bytes - 33 * 512, 33 * 512);
  expect(old.equals(Buffer.alloc(old.length))).toBe(true);
});

it('enlarges the last entry of an MBR and leaves it active', async () => {
  await using rig = await cloneRig(MBR);
  const bytes = 12_345 * MIB;
  const disk = await make(rig, bytes);
  await expectGrown(rig, disk, bytes);
  await expectFileSystem(rig, disk, bytes);
  expect((await tableOf(disk)).partitions[0]).toMatchObject({ bootable: true });
});

it('enlarges a swap area', async () => {
  await using rig = await cloneRig(SWAP);
  const bytes = 500 * MIB;
  const disk = await make(rig, bytes);
  await expectGrown(rig, disk, bytes);
  const last = lastPartition(rig.disk, bytes);
  expect(await readAt(disk, MIB, 4096)).toEqual(
    swapHeader((last?.sectors ?? 0) * 512, '33333333-4444-4555-8666-777777777777'),
  );
});

it('says that a FAT file system does not grow with its partition', async () => {
  await using rig = await cloneRig(FAT);
  const bytes = 100 * MIB;
  await expectGrown(rig, await make(rig, bytes), bytes);
  expect(rig.warnings[0]).toBe(
    'The LUN of web1 for debian is 36 MiB larger than its image: its partition esp grows, but the FAT file system in it does not.',
  );
});

it('moves the backup of a GPT in which nothing grows, and says so', async () => {
  await using rig = await cloneRig(FIXED);
  const bytes = 1024 * MIB;
  const disk = await make(rig, bytes);
  await expectGrown(rig, disk, bytes);
  const [were, are] = [await readAt(rig.image, MIB, 80 * MIB), await readAt(disk, MIB, 80 * MIB)];
  expect(are.equals(were)).toBe(true);
  expect(rig.warnings[0]).toBe(
    'The LUN of web1 for debian is 928 MiB larger than its image, and no partition of it grows: the rest stays unused.',
  );
});

/** What an update costs on the wire: the release with four small packages more, on a target host that has the one without. */
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { indexBlocks } from '../artifacts/formats/block-index.js';
import { BLOCK } from '../artifacts/formats/ext4-size.js';
import { readRelease } from '../artifacts/release/release.js';
import { createPorts } from '../base/command.js';
import { openDirectory } from '../hosts/host/directory.js';
import { sendRelease } from '../hosts/publish/transfer.js';
import type { Ground } from './ground.js';
import { type Row, rounds, seconds } from './measure.js';

const MORE = `name: bench
extends: ../bench
steps:
  - name: more-packages
    uses: packages
    with:
      install: [vim-tiny, less, rsync, curl]
kernel: {}
`;
const DISK = 'disk.img';

export async function wire(ground: Ground): Promise<readonly Row[]> {
  const { folder, place, release: old } = ground;
  const recipe = await ground.extend('bench-more', MORE);
  const [now = ''] = (await ground.build([recipe], place)).releases;
  const images = { old: join(old, DISK), now: join(now, DISK) };
  const floor = await packedNewBlocks(ground, images);
  const scratch = join(folder, 'wire');
  const measured = await rounds(ground.rounds, async () => {
    await mkdir(scratch);
    const ours = await publish(ground, scratch, [old, now]);
    await ground.settle();
    const rsync = await synchronize(ground, scratch, images);
    await ground.settle();
    const copy = await copyPacked(ground, scratch, images.now);
    await rm(scratch, { recursive: true });
    return {
      bytes: ours.bytes,
      seconds: ours.seconds,
      floor,
      rsyncBytes: rsync.bytes,
      rsyncSeconds: rsync.seconds,
      copyBytes: copy.bytes,
      copySeconds: copy.seconds,
    };
  });
  await rm(now, { recursive: true });
  const bytes = (name: string, values: readonly number[]) => ({
    measure: `four small packages more: sent and received, beside ${name}`,
    unit: 'kB' as const,
    ours: measured.bytes.map(kilobytes),
    reference: { name, values: values.map(kilobytes) },
  });
  const time = (name: string, values: readonly number[]) => ({
    measure: `four small packages more: time, beside ${name}`,
    unit: 's' as const,
    ours: measured.seconds,
    reference: { name, values },
  });
  const [rsync, copy] = ['rsync --block-size=4096 -z', 'zstd -3 of all of it'];
  return [
    { ...bytes('the new blocks, zstd -9', measured.floor), aim: { timesReference: 1.5 } },
    bytes(rsync, measured.rsyncBytes),
    bytes(copy, measured.copyBytes),
    { ...time(rsync, measured.rsyncSeconds), aim: { timesReference: 0.33 } },
    time(copy, measured.copySeconds),
  ];
}

function kilobytes(bytes: number): number {
  return bytes / 1000;
}

interface Cost {
  readonly bytes: number;
  readonly seconds: number;
}

/** The first release is sent before the clock starts. */
async function publish(ground: Ground, scratch: string, releases: readonly string[]): Promise<Cost> {
  const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
  const host = openDirectory(
    {
      name: 'bench',
      transport: { kind: 'directory' },
      root: join(scratch, 'host'),
      address: '192.0.2.1',
      target: { kind: 'tgt', prefix: 'iqn.2026-01.org.example:bench', port: 3260 },
      clone: { kind: 'file' },
      retention: 0,
      http: { url: 'http://192.0.2.1' },
      dhcp: { kind: 'none' },
      gate: [],
    },
    ports,
  );
  let cost: Cost = { bytes: 0, seconds: 0 };
  for (const path of releases) {
    await ground.settle();
    const release = await readRelease(path);
    const sent = await sendRelease(host, release, { indexes: join(scratch, 'indexes') }, ports);
    cost = { bytes: sent.sent + sent.received, seconds: sent.seconds };
  }
  return cost;
}

interface Images {
  readonly old: string;
  readonly now: string;
}

/** The best setting of those that were compared: file-system blocks, packed, with the old image as basis. */
async function synchronize({ run, settle }: Ground, scratch: string, { old, now }: Images): Promise<Cost> {
  const target = join(scratch, 'synchronized.img');
  await run(['cp', '--sparse=always', old, target], { doing: 'give rsync its basis' });
  await settle();
  const options = [
    '--no-whole-file',
    '--sparse',
    '--block-size=4096',
    '-z',
    '--compress-choice=zstd',
    '--fsync',
  ];
  let printed = '';
  const took = await seconds(async () => {
    const argv = ['rsync', ...options, '--stats', now, target] as const;
    printed = (await run(argv, { doing: 'synchronize', quiet: true })).stdout;
  });
  const total = (word: string) =>
    Number(new RegExp(`^Total bytes ${word}: ([0-9,]+)`, 'm').exec(printed)?.[1]?.replaceAll(',', ''));
  return { bytes: total('sent') + total('received'), seconds: took };
}

async function copyPacked({ run }: Ground, scratch: string, image: string): Promise<Cost> {
  const [packed, target] = [join(scratch, 'packed.zst'), join(scratch, 'copy.img')];
  const took = await seconds(async () => {
    await run(['zstd', '-q', '-3', '-T0', image, '-o', packed], { doing: 'pack the image' });
    await run(['zstd', '-q', '-d', '--sparse', packed, '-o', target], { doing: 'unpack the image' });
    await run(['sync', target], { doing: 'wait for the disk' });
  });
  return { bytes: (await stat(packed)).size, seconds: took };
}

/** Blocks of the new image that stand nowhere in the old one, each once. @returns bytes, packed */
async function packedNewBlocks({ run, folder }: Ground, { old, now }: Images): Promise<number> {
  const ports = { run, signal: new AbortController().signal };
  const [before, after] = [await indexBlocks(old, ports), await indexBlocks(now, ports)];
  const known = new Set<bigint>([0n]);
  for (const { digests } of before.parts) for (const digest of digests) known.add(digest);
  const [raw, packed] = [join(folder, 'new-blocks'), join(folder, 'new-blocks.zst')];
  const [from, to] = [await open(now, 'r'), await open(raw, 'w')];
  const block = Buffer.alloc(BLOCK);
  for (const { start, digests } of after.parts) {
    for (const [at, digest] of digests.entries()) {
      if (known.has(digest)) continue;
      known.add(digest);
      await from.read(block, 0, BLOCK, (start + at) * BLOCK);
      await to.write(block);
    }
  }
  await Promise.all([from.close(), to.close()]);
  await run(['zstd', '-q', '-f', '-9', raw, '-o', packed], { doing: 'pack the new blocks' });
  const { size } = await stat(packed);
  await Promise.all([rm(raw), rm(packed)]);
  return size;
}

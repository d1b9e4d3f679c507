/** LUNs of clients: by reflink on XFS in a file, and by sparse copy where the scratch folder is. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, manifestSchema } from '../artifacts/release/manifest.js';
import { createPorts } from '../base/command.js';
import type { Argv } from '../base/ports.js';
import { type CloneRequest, makeClone } from '../hosts/clients/clone.js';
import { openDirectory } from '../hosts/host/directory.js';
import type { TargetHost } from '../hosts/host/host.js';
import { hostLayout } from '../hosts/host/layout.js';
import type { Ground } from './ground.js';
import { type Row, rounds, seconds } from './measure.js';
import { onXfs } from './xfs.js';

const CLIENTS = 100;
const DIGEST = 'be'.repeat(32);
/** Bytes that the larger LUNs have more than their image. */
const MORE = 20 * 2 ** 30;

interface Place {
  readonly root: string;
  readonly ground: Ground;
  readonly disk: Manifest['disk'];
  /** Bytes that are taken below `root`, or in its file system where nothing else is written and blocks are shared. */
  readonly used: readonly [command: Argv, bytes: (output: string) => number];
}

export async function clones(ground: Ground): Promise<readonly Row[]> {
  const { disk } = manifestSchema.parse(
    JSON.parse(await readFile(join(ground.release, 'manifest.json'), 'utf8')),
  );
  const root = join(ground.folder, 'clones');
  const used = [
    ['du', '--summarize', '--block-size=1', root],
    (output: string) => Number.parseInt(output, 10),
  ] as const;
  const copied = await copies({ root, ground, disk, used });
  return [...copied, ...(await reflinks(ground, disk))];
}

async function copies(place: Place): Promise<Row[]> {
  await bring(place);
  const values = await rounds(place.ground.rounds, async () => {
    const ours = await one(place, { clients: 1, more: 0 });
    const reference = await copy(place);
    return { ours: ours.took, bytes: ours.megabytes, reference: reference.took, copied: reference.megabytes };
  });
  await rm(place.root, { recursive: true });
  const name = 'cp --sparse=always';
  return [
    {
      measure: 'a LUN by sparse copy',
      unit: 's',
      ours: values.ours,
      reference: { name, values: values.reference },
      aim: { timesReference: 1.5 },
    },
    {
      measure: 'a LUN by sparse copy',
      unit: 'MB',
      ours: values.bytes,
      reference: { name, values: values.copied },
      aim: { timesReference: 1.05 },
    },
  ];
}

async function reflinks(ground: Ground, disk: Manifest['disk']): Promise<Row[]> {
  const measure = `each of ${CLIENTS} LUNs by reflink on XFS`;
  return onXfs(ground, measure, async (folder) => {
    const used = [['stat', '-f', '-c', '%S %b %f', folder], takenBytes] as const;
    const place = { root: join(folder, 'san'), ground, disk, used };
    await bring(place);
    const values = await rounds(ground.rounds, async () => {
      const plain = await one(place, { clients: CLIENTS, more: 0 });
      const larger = await one(place, { clients: CLIENTS, more: MORE });
      const reference = await copy(place);
      return {
        plain: plain.took,
        bytes: plain.megabytes,
        larger: larger.took,
        largerBytes: larger.megabytes,
        reference: reference.took,
        copied: reference.megabytes,
      };
    });
    const reference = (given: readonly number[]) => ({
      name: 'cp --reflink=never --sparse=always',
      values: given,
    });
    const aim = { timesReference: 0.1 };
    const enlarged = `${measure}, enlarged by 20 GiB`;
    return [
      { measure, unit: 's', ours: values.plain, reference: reference(values.reference), aim },
      { measure, unit: 'MB', ours: values.bytes, reference: reference(values.copied), aim },
      { measure: enlarged, unit: 's', ours: values.larger, reference: reference(values.reference) },
      { measure: enlarged, unit: 'MB', ours: values.largerBytes, reference: reference(values.copied), aim },
    ];
  });
}

interface Cost {
  readonly took: number;
  /** What is taken afterwards. */
  readonly megabytes: number;
}

/** The mean of some LUNs, which are removed again. */
async function one(
  place: Place,
  { clients, more }: { readonly clients: number; readonly more: number },
): Promise<Cost> {
  // As if the recipe had said so: then its file system is enlarged too.
  const partitions = place.disk.partitions.map((each, at, all) => ({ ...each, grow: at === all.length - 1 }));
  const disk = { ...place.disk, partitions };
  const host = openHost(place);
  const request = {
    image: 'bench',
    generation: 'bebebebebebe-1',
    release: DIGEST,
    from: 'disk.img',
    disk,
    bytes: disk.bytes + more,
  };
  const requests = Array.from(
    { length: clients },
    (_, client): CloneRequest => ({ ...request, client: `c${client}` }),
  );
  const cost = await costOf(place, async () => {
    for (const each of requests) await makeClone(host, each, { emit: () => undefined });
  });
  await rm(hostLayout(host.facts).clients, { recursive: true });
  return { took: cost.took / clients, megabytes: cost.megabytes / clients };
}

async function copy(place: Place): Promise<Cost> {
  const target = join(place.root, 'copy.img');
  const cost = await costOf(place, async () => {
    await place.ground.run(['cp', '--reflink=never', '--sparse=always', imageOf(place), target], {
      doing: 'copy the image',
    });
    await place.ground.run(['sync', target], { doing: 'write the copy to the disk' });
  });
  await rm(target);
  return cost;
}

async function costOf(place: Place, work: () => Promise<unknown>): Promise<Cost> {
  await place.ground.settle();
  const before = await usedBytes(place);
  const took = await seconds(work);
  await place.ground.settle();
  return { took, megabytes: ((await usedBytes(place)) - before) / 1e6 };
}

async function usedBytes({ used: [command, bytes], ground }: Place): Promise<number> {
  return bytes((await ground.run(command, { doing: 'ask for the space', quiet: true })).stdout);
}

function takenBytes(output: string): number {
  const [unit = 0, blocks = 0, free = 0] = output.trim().split(' ').map(Number);
  return unit * (blocks - free);
}

/** Brings the release to the host. */
async function bring(place: Place): Promise<void> {
  const image = imageOf(place);
  await mkdir(join(image, '..'), { recursive: true });
  await place.ground.run(['cp', '--sparse=always', join(place.ground.release, 'disk.img'), image], {
    doing: 'copy the release',
  });
}

function imageOf({ root }: Place): string {
  return join(hostLayout({ root }).release(DIGEST), 'disk.img');
}

function openHost({ root, ground }: Place): TargetHost {
  const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
  const host = openDirectory(
    {
      name: 'bench',
      transport: { kind: 'directory' },
      root,
      address: '127.0.0.1',
      target: { kind: 'tgt', prefix: 'iqn.2026-01.org.example:bench', port: 3260 },
      clone: { kind: 'file' },
      retention: 0,
      http: { url: 'http://127.0.0.1' },
      dhcp: { kind: 'none' },
      gate: [],
    },
    ports,
  );
  // Its commands end with the measurement.
  return { ...host, run: ground.run };
}

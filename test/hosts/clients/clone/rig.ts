/** A target host that is a folder here, with a release whose image holds files. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DiskLayout, planLayout } from '../../../../artifacts/formats/disk-layout.js';
import type { DiskSpec } from '../../../../artifacts/formats/disk-spec.js';
import { writeExt4 } from '../../../../artifacts/formats/ext4.js';
import { ext4Geometry } from '../../../../artifacts/formats/ext4-size.js';
import { writeFat } from '../../../../artifacts/formats/fat.js';
import { writePartitionTable } from '../../../../artifacts/formats/partition-table.js';
import { createSparse, writeAt } from '../../../../artifacts/formats/sparse.js';
import { writeSwap } from '../../../../artifacts/formats/swap.js';
import { measureTree } from '../../../../artifacts/formats/tree-size.js';
import { createPorts } from '../../../../base/command.js';
import type { Event } from '../../../../base/event.js';
import type { Ports } from '../../../../base/ports.js';
import type { CopyRequest } from '../../../../hosts/clients/clone/store.js';
import { openDirectory } from '../../../../hosts/host/directory.js';
import type { TargetHost } from '../../../../hosts/host/host.js';
import { hostLayout } from '../../../../hosts/host/layout.js';
import { describeDisk } from '../../../../stages/lun-image/describe.js';
import { bios, esp, root, swap } from '../../../artifacts/formats/disks.js';
import { run, testFolder } from '../../../artifacts/formats/tools.js';
import { hostFacts } from '../../../util/hosts.js';

export const MIB = 1024 * 1024;
export const RELEASE = 'ab'.repeat(32);
const guid = '99999999-1111-4111-8111-999999999999';

export const GPT: DiskSpec = {
  table: 'gpt',
  bytes: 160 * MIB,
  guid,
  partitions: [bios, esp, { ...root, size: 'grow' }],
};
export const MBR: DiskSpec = {
  table: 'mbr',
  bytes: 96 * MIB,
  guid: '1A2B3C4D-1111-4111-8111-111111111111',
  partitions: [{ ...root, size: 'grow' }],
};
export const FIXED: DiskSpec = { ...GPT, bytes: 96 * MIB, partitions: [{ ...root, size: 'rest' }] };
export const SWAP: DiskSpec = { ...GPT, bytes: 32 * MIB, partitions: [{ ...swap, size: 'grow' }] };
export const FAT: DiskSpec = { ...GPT, bytes: 64 * MIB, partitions: [{ ...esp, size: 'grow' }] };

export interface CloneRig extends AsyncDisposable {
  readonly folder: string;
  readonly host: TargetHost;
  readonly ports: Ports;
  readonly warnings: readonly string[];
  readonly disk: CopyRequest['disk'];
  /** The release's image. */
  readonly image: string;
  /** Folder of what is in its file system. */
  readonly tree: string;
  request(changes?: Partial<CopyRequest>): CopyRequest;
}

export async function cloneRig(spec: DiskSpec = GPT, signal?: AbortSignal): Promise<CloneRig> {
  const folder = await testFolder();
  const warnings: string[] = [];
  const emit = (event: Event) => {
    if (event.type === 'warning') warnings.push(event.message);
  };
  const ports = createPorts({ emit, signal: signal ?? new AbortController().signal });
  const host = openDirectory(hostFacts(folder.at('san')), ports);
  const layout = planLayout(spec);
  const image = `${hostLayout(host.facts).release(RELEASE)}/disk.img`;
  const tree = folder.at('tree');
  await writeTree(tree);
  await mkdir(dirname(image), { recursive: true });
  await writeImage(image, layout, tree);
  await chmod(image, 0o644);
  const disk = describeDisk(layout);
  return {
    folder: folder.path,
    host,
    ports,
    warnings,
    disk,
    image,
    tree,
    request: (changes) => ({
      client: 'web1',
      image: 'debian',
      generation: 'abababababab-1',
      release: RELEASE,
      from: 'disk.img',
      disk,
      bytes: disk.bytes,
      ...changes,
    }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function writeTree(tree: string): Promise<void> {
  await mkdir(`${tree}/etc`, { recursive: true });
  await writeFile(`${tree}/etc/hostname`, 'web\n');
  for (let file = 0; file < 200; file += 1) {
    await writeFile(`${tree}/${String(file).padStart(3, '0')}`, Buffer.alloc(file * 257, `${file} `));
  }
}

async function writeImage(image: string, layout: DiskLayout, tree: string): Promise<void> {
  const epoch = 1_700_000_000;
  await createSparse(image, layout.bytes);
  await writePartitionTable(run, image, layout);
  await writeAt(image, 0, Buffer.alloc(440, 'boot code '));
  for (const { offset, bytes, name, filesystem, filesystemUuid: uuid = '' } of layout.partitions) {
    const place = { image, offset, label: name, uuid, epoch, tree };
    if (filesystem === 'swap') await writeSwap(image, offset, bytes, uuid);
    if (filesystem === 'vfat') {
      await writeFat(run, image, { ...place, bytes, volumeId: uuid, file: `${image}.fat`, files: [] });
    }
    if (filesystem !== 'ext4') continue;
    const geometry = ext4Geometry(bytes, await measureTree(run, tree), { reservedPercent: 1 });
    await writeExt4(run, { ...place, geometry, reservedPercent: 1 });
  }
}

/** Runs inside the sandbox for btrfs-losses.real.test.ts: a Btrfs of a tree, as a build writes it. */
import { mkdir } from 'node:fs/promises';
import { writeBtrfs } from '../../artifacts/formats/btrfs.js';
import { smallestBtrfs } from '../../artifacts/formats/btrfs-size.js';
import { createSparse } from '../../artifacts/formats/sparse.js';
import { measureTree } from '../../artifacts/formats/tree-size.js';
import type { Ports } from '../../base/ports.js';

export interface BtrfsInside {
  readonly tree: string;
  readonly mount: string;
  /** The image, which is made. */
  readonly image: string;
  /** A folder, which is made. */
  readonly scratch: string;
}

export async function inside(job: BtrfsInside, ports: Ports): Promise<void> {
  await mkdir(job.scratch, { recursive: true });
  const size = await measureTree(ports.run, job.tree);
  const bytes = smallestBtrfs(size.dense);
  await createSparse(job.image, bytes);
  const uuid = '44444444-5555-4666-8777-888888888888';
  await writeBtrfs(ports, { ...job, offset: 0, bytes, label: 'it', uuid, size, epoch: 1_700_000_000 });
}

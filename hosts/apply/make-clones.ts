/** The LUNs that a change needs, several at a time, and how far they are. */

import PQueue from 'p-queue';
import type { Ports } from '../../base/ports.js';
import { allSettled } from '../../base/settled.js';
import type { CloneRequest, Copied } from '../clients/clone.js';
import type { HostDrivers } from '../host/drivers.js';
import type { TargetHost } from '../host/host.js';

/** A connection by ssh takes ten commands at a time (sshd_config(5), MaxSessions). */
const AT_ONCE = 4;

/** @returns sizes of the LUNs in bytes, by the paths of their disks: they may get larger than asked for, volumes have whole extents */
export async function makeClones(
  host: TargetHost,
  requests: readonly CloneRequest[],
  { clones }: Pick<HostDrivers, 'clones'>,
  ports: Ports,
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  const tell = teller(requests, ports);
  let failed = false;
  const make = async (request: CloneRequest) => {
    if (failed) return;
    tell.made(sizes.size);
    const copied = (so: Copied) => tell.copied(request, so);
    const { disk, bytes } = await clones.make(host, request, { ...ports, copied }).catch((error: unknown) => {
      failed = true;
      throw error;
    });
    sizes.set(disk, bytes);
  };
  // The first one of a release shows how its image is cloned, and makes what the others share.
  const releases = new Set<string>();
  const others: CloneRequest[] = [];
  for (const request of requests) {
    const { release } = request;
    if (release === undefined || releases.has(release)) others.push(request);
    else await make(request);
    if (release !== undefined) releases.add(release);
  }
  const queue = new PQueue({ concurrency: AT_ONCE });
  await allSettled(others.map((request) => queue.add(() => make(request))));
  tell.made(sizes.size);
  return sizes;
}

/** LUNs are counted where they are made at once, bytes where they are copied: of one LUN that may take minutes. */
function teller(requests: readonly CloneRequest[], { emit }: Pick<Ports, 'emit'>) {
  const copies = new Map<CloneRequest, Copied>();
  return {
    made: (done: number) => {
      if (requests.length > 0 && copies.size === 0)
        emit({ type: 'progress', what: 'make clones', done, total: requests.length, unit: 'LUNs' });
    },
    copied: (request: CloneRequest, so: Copied) => {
      copies.set(request, so);
      const begun = [...copies.values()];
      const done = begun.reduce((sum, each) => sum + each.done, 0);
      const total = begun.reduce((sum, each) => sum + each.total, 0);
      // Those that are still to come are taken to be like the ones that are known.
      const all = Math.round((total / begun.length) * requests.length);
      emit({ type: 'progress', what: 'copy LUNs', done, total: all, unit: 'bytes' });
    },
  };
}

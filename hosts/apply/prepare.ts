/** Everything of a change that comes before the switch: clients see nothing of it. */

import PQueue from 'p-queue';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { allSettled } from '../../base/settled.js';
import type { ClientAccount } from '../boot-files/boot-file.js';
import type { Change } from '../change/intent.js';
import type { CloneRequest } from '../clients/clone.js';
import type { HostDrivers } from '../host/drivers.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import { generationsOf, type HostState, lunsOf } from '../host/state.js';
import { portalsOf } from '../site/portal.js';
import { fillFolder, secretReaders } from './batch.js';
import { offeredBefore } from './offered.js';
import { accountFiles } from './secrets.js';
import { setMark, stateText, takeMark } from './states.js';

export type Accounts = Readonly<Record<'there' | 'brought', ReadonlyMap<string, ClientAccount>>>;

export interface Preparation {
  readonly state: HostState;
  readonly change: Change;
  /** Accounts by client: those that are on the host, and those that come with the change. */
  readonly accounts: Accounts;
  /** Whether all that follows from the state is done. */
  readonly settled: boolean;
  /** Of the releases that the next state names, by digest. */
  readonly manifests: ReadonlyMap<string, Manifest>;
}

/** @returns the next state, with the sizes that the LUNs have got */
export async function prepare(
  host: TargetHost,
  { state, change, accounts: { there, brought }, settled, manifests }: Preparation,
  drivers: HostDrivers,
  ports: Ports,
): Promise<HostState> {
  const { facts } = host;
  const { serial } = change.next;
  const folder = hostLayout(facts).state(serial);
  await fillFolder(host, folder, accountFiles(brought));
  // Before anything that it names: from it the next call knows what to remove.
  await host.write(`${folder}/state.json`, stateText(change.next), { mode: 0o644 });
  const next = await makeClones(host, change, drivers, ports);
  const secrets = new Map([...there, ...brought]);
  await setMark(host, serial, 'offered');
  const offered = offeredBefore(facts, { before: state, next }, { before: there, next: secrets });
  await drivers.adapter
    .apply(host, offered, portalsOf(facts), ports, { filesTell: settled })
    .catch(async (error: unknown) => {
      // Nothing was offered: a target of such a name is foreign, and the undo must not take it away.
      if (error instanceof Failure && error.kind === 'usage') await takeMark(host, serial, 'offered');
      throw error;
    });
  const input = { host: facts, state: next, manifests, lun: drivers.adapter.lun, secrets };
  await fillFolder(host, `${folder}/http`, drivers.bootFiles.http(input), secretReaders(facts));
  await host.write(`${folder}/state.json`, stateText(next), { mode: 0o644 });
  return next;
}

/** A connection by ssh takes ten commands at a time (sshd_config(5), MaxSessions). */
const CLONES_AT_ONCE = 4;

/** LUNs may get larger than asked for: volumes have whole extents. */
async function makeClones(
  host: TargetHost,
  { next, clones }: Change,
  drivers: HostDrivers,
  ports: Ports,
): Promise<HostState> {
  const sizes = new Map<string, number>();
  const tell = (done: number) =>
    ports.emit({ type: 'progress', what: 'make clones', done, total: clones.length, unit: 'LUNs' });
  let failed = false;
  const make = async (request: CloneRequest) => {
    if (failed) return;
    tell(sizes.size);
    const { disk, bytes } = await drivers.clones.make(host, request, ports).catch((error: unknown) => {
      failed = true;
      throw error;
    });
    sizes.set(disk, bytes);
  };
  // The first one of a release shows how its image is cloned, and makes what the others share.
  const releases = new Set<string>();
  const others: CloneRequest[] = [];
  for (const request of clones) {
    const { release } = request;
    if (release === undefined || releases.has(release)) others.push(request);
    else await make(request);
    if (release !== undefined) releases.add(release);
  }
  const queue = new PQueue({ concurrency: CLONES_AT_ONCE });
  await allSettled(others.map((request) => queue.add(() => make(request))));
  if (clones.length > 0) tell(clones.length);
  const sized = structuredClone(next);
  for (const each of generationsOf(sized).flatMap(lunsOf)) each.bytes = sizes.get(each.disk) ?? each.bytes;
  return sized;
}

/** Everything of a change that comes before the switch: clients see nothing of it. */

import type { Manifest } from '../../artifacts/release/manifest.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import type { ClientAccount } from '../boot-files/boot-file.js';
import type { Change } from '../change/intent.js';
import type { HostDrivers } from '../host/drivers.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import { generationsOf, type HostState, lunsOf } from '../host/state.js';
import { portalsOf } from '../site/portal.js';
import { fillFolder, secretReaders } from './batch.js';
import { makeClones } from './make-clones.js';
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
  const next = sized(change.next, await makeClones(host, change.clones, drivers, ports));
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

/** A state with LUNs as large as they were made. @param sizes bytes, by the paths of their disks */
function sized(state: HostState, sizes: ReadonlyMap<string, number>): HostState {
  const next = structuredClone(state);
  for (const each of generationsOf(next).flatMap(lunsOf)) each.bytes = sizes.get(each.disk) ?? each.bytes;
  return next;
}

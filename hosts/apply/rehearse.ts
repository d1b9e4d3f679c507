/** What can refuse a change before anything of it is written: the same for a change that is made and for one that is only told of. */

import type { Manifest } from '../../artifacts/release/manifest.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import type { Change } from '../change/intent.js';
import type { HostDrivers } from '../host/drivers.js';
import type { TargetHost } from '../host/host.js';
import { requireRoom } from '../host/room.js';
import { releasesOf } from '../host/state.js';
import { manifestsThere } from '../publish/releases-there.js';
import { portalsOf } from '../site/portal.js';
import { requireFilesTaken } from './client-files.js';
import { offeredBefore, offeredLuns } from './offered.js';
import type { Preparation } from './prepare.js';

/**
 * Makes every text of the change, and asks the target and the storage of the LUNs what they would refuse.
 * @returns manifests of the releases that the next state names, by digest
 * @throws Failure as all that follows the switch to a state, and nothing is changed then
 */
export async function rehearse(
  host: TargetHost,
  { state, change, accounts: { there, brought } }: Omit<Preparation, 'manifests'>,
  { adapter, clones, bootFiles }: HostDrivers,
  ports: Ports,
): Promise<ReadonlyMap<string, Manifest>> {
  const { facts } = host;
  const { next } = change;
  const portals = portalsOf(facts);
  const secrets = new Map([...there, ...brought]);
  const manifests = await manifestsThere(host, releasesOf(next));
  requireFilesTaken(next, manifests);
  const input = { host: facts, state: next, manifests, lun: adapter.lun, secrets };
  for (const render of [bootFiles.http, bootFiles.tftp, bootFiles.conf]) render(input);
  adapter.render(offeredLuns(facts, next, secrets), portals);
  await requireRoom(host, { frees: frees(change) });
  await requireGroups(host);
  const offered = offeredBefore(facts, { before: state, next }, { before: there, next: secrets });
  await adapter.check(host, offered, portals, ports);
  await clones.check(host, change.clones);
  return manifests;
}

/** Whether LUNs go and none is made. */
export function frees({ clones, dropped }: Pick<Change, 'clones' | 'dropped'>): boolean {
  return clones.length === 0 && dropped.length > 0;
}

/** Prints each that the host does not know; a small system has no getent(1). */
const UNKNOWN_GROUPS = `
for group; do
  if command -v getent >/dev/null; then getent group "$group" >/dev/null; else grep -q "^$group:" /etc/group; fi || echo "$group"
done
`;

/** Secret files are for the groups of the servers that hand them out. */
async function requireGroups(host: TargetHost): Promise<void> {
  const { name, http, tftp } = host.facts;
  const groups = [http.group, tftp?.group].filter((group) => group !== undefined);
  if (groups.length === 0) return;
  const { stdout } = await host.run(['sh', '-c', UNKNOWN_GROUPS, 'sh', ...groups], {
    doing: `look for groups on ${name}`,
    quiet: true,
  });
  const [unknown] = stdout.split('\n');
  if (unknown === undefined || unknown === '') return;
  throw new Failure('host', {
    what: `There is no group ${unknown} on ${name}.`,
    expected: 'the group of its HTTP or TFTP server, the `group` of `http` or `tftp` in lunsmith.yaml',
    found: unknown,
    hint: 'Install that server, or correct the group.',
  });
}

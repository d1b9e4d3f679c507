/** What else `repair` mends beside that which every change lets follow its state: what was changed by hand. */
import type { Ports } from '../../base/ports.js';
import type { HostDrivers } from '../host/drivers.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import { mendModes } from '../host/modes.js';
import { type HostState, releasesOf } from '../host/state.js';
import { manifestsThere } from '../publish/releases-there.js';
import { secretReaders } from './batch.js';
import { follow } from './converge.js';
import { putLink } from './links.js';
import { isWhole, readAccounts } from './secrets.js';

/**
 * Links, the files of the state that the HTTP server shows, and all modes. What is shown of a release that is not whole, or of a
 * client without an account, cannot be made again: then those files are left as they are, and doctor tells why.
 */
export async function restore(
  host: TargetHost,
  state: HostState,
  { adapter, bootFiles }: Pick<HostDrivers, 'adapter' | 'bootFiles'>,
  { emit }: Pick<Ports, 'emit'>,
): Promise<void> {
  const { facts } = host;
  const layout = hostLayout(facts);
  await putLink(host, layout.http, 'current/http', 'show the current state by HTTP');
  const digests = releasesOf(state);
  const [secrets, manifests] = [await readAccounts(host, state.serial), await manifestsThere(host, digests)];
  const whole =
    manifests.size === digests.length &&
    Object.values(state.clients).every(({ facts: client }) => isWhole(client, secrets.get(client.name)));
  if (whole) {
    const files = bootFiles.http({ host: facts, state, manifests, lun: adapter.lun, secrets });
    await follow(host, `${layout.state(state.serial)}/http`, files, {
      readers: secretReaders(facts),
    });
  } else {
    emit({
      type: 'warning',
      message: `The files that ${facts.name} shows by HTTP cannot be made again: a release or an account is not there.`,
      hint: `See which: npx lunsmith doctor --on ${facts.name}`,
    });
  }
  await mendModes(host);
}

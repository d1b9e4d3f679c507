/** The archive that a client's initramfs takes its target and account from, where no iBFT tells them: direct boot, Raspberry Pis. */
import { initiatorCpio } from '../../artifacts/formats/open-iscsi.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import type { ClientState, Generation } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import { portalsOf } from '../site/portal.js';
import type { ClientAccount } from './boot-file.js';
import { hasPaths } from './paths.js';

/** It holds the client's secret. */
export function clientArchive(
  host: HostFacts,
  { facts }: ClientState,
  { target }: Generation,
  {
    account: { user, secret },
    manifest,
  }: { readonly account: ClientAccount; readonly manifest: Manifest | undefined },
): Buffer {
  const portals = portalsOf(host);
  const [{ address: server, port }] = portals;
  const paths = hasPaths(host, manifest) ? { portals: portals.map(({ address }) => address) } : {};
  return initiatorCpio({ initiator: facts.initiator, target, server, ...paths, port, user, secret });
}

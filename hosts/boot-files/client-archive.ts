/** The archive that a client's initramfs takes its target and account from, where no iBFT tells them: direct boot, Raspberry Pis. */
import { initiatorCpio } from '../../artifacts/formats/open-iscsi.js';
import type { ClientState, Generation } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import { portalOf } from '../site/portal.js';
import type { ClientAccount } from './boot-file.js';

/** It holds the client's secret. */
export function clientArchive(
  host: HostFacts,
  { facts }: ClientState,
  { target }: Generation,
  { user, secret }: ClientAccount,
): Buffer {
  const { address: server, port } = portalOf(host);
  return initiatorCpio({ initiator: facts.initiator, target, server, port, user, secret });
}

/** A target host by its facts: this machine, or another by ssh. */
import type { Ports } from '../../base/ports.js';
import type { HostFacts } from '../site/facts.js';
import { openDirectory, ownAccount } from './directory.js';
import { tellingOfDisk } from './disk-refusals.js';
import type { TargetHost } from './host.js';
import { openSsh } from './ssh.js';

/**
 * @param environment of this process: ssh needs the agent's socket and the like; see ssh.ts
 * @throws Failure of kind `network` when it cannot be reached, `host` when ssh is missing here
 */
export async function openHost(
  facts: HostFacts,
  ports: Ports,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<TargetHost> {
  const { transport } = facts;
  const host =
    transport.kind === 'directory'
      ? { ...openDirectory(facts, ports), account: await ownAccount(facts) }
      : await openSsh({ ...facts, transport }, ports, environment);
  return tellingOfDisk(host);
}

/** The static address of a client, held against the network that its host serves. */

import type { WrittenClient } from './client-schema.js';
import { inRange, numberOf, type Surroundings } from './dhcp-facts.js';
import type { HostFacts, StaticAddress } from './facts.js';
import type { Findings } from './findings.js';
import { contains, isReserved, netmaskText, networkOf, networkText, parseNetmask } from './ipv4.js';

/** @param host undefined when the client names none that exists */
export function staticAddress(
  name: string,
  written: WrittenClient,
  host: Pick<HostFacts, 'name' | 'address'> | undefined,
  around: Surroundings,
  findings: Findings,
): StaticAddress | undefined {
  const at = ['clients', name];
  const { address } = written;
  if (address === undefined) {
    for (const key of ['netmask', 'gateway', 'dns'] as const) {
      if (written[key] === undefined) continue;
      findings.add([...at, key], {
        what: `\`${key}\` belongs to a static address, and client \`${name}\` has none.`,
        hint: 'Add `address`, or leave this out: DHCP tells it to the client.',
      });
    }
    return undefined;
  }
  if (host === undefined) return undefined;
  const netmask = written.netmask ?? (around.network === undefined ? undefined : netmaskText(around.network));
  if (netmask === undefined) {
    findings.add(at, {
      what: 'Missing key `netmask`.',
      expected: `\`netmask\` of \`${address}\`: host \`${host.name}\` has no network under \`dhcp\``,
    });
    return undefined;
  }
  const own = networkOf(numberOf(address), parseNetmask(netmask) ?? 0);
  const fault = faultOf(address, around, host, own);
  if (fault !== undefined) findings.add([...at, 'address'], { ...fault, found: `\`${address}\`` });
  const gateway = written.gateway ?? around.router;
  if (written.gateway !== undefined && !contains(own, numberOf(written.gateway))) {
    findings.add([...at, 'gateway'], {
      what: `The gateway is not in the network of client \`${name}\`.`,
      expected: `an address of ${networkText(own)}`,
      found: `\`${written.gateway}\``,
    });
  }
  const dns = written.dns ?? around.dns?.[0];
  return {
    address,
    netmask,
    ...(gateway === undefined ? {} : { gateway }),
    ...(dns === undefined ? {} : { dns }),
  };
}

function faultOf(
  address: string,
  { network, range }: Surroundings,
  host: Pick<HostFacts, 'name' | 'address'>,
  own: ReturnType<typeof networkOf>,
): { what: string; expected: string } | undefined {
  const number = numberOf(address);
  if (network !== undefined && !contains(network, number)) {
    return {
      what: `The address is not in the network of host \`${host.name}\`.`,
      expected: `an address of ${networkText(network)}`,
    };
  }
  if (isReserved(own, number)) {
    return {
      what: 'No machine can have the first or the last address of its network.',
      expected: `another address of ${networkText(own)}`,
    };
  }
  if (address === host.address) {
    return { what: `The address is that of host \`${host.name}\`.`, expected: 'an address of its own' };
  }
  if (range !== undefined && inRange(range, address)) {
    return {
      what: `The DHCP server of host \`${host.name}\` hands this address out to anybody.`,
      expected: `an address outside of \`${range.first}\` to \`${range.last}\``,
    };
  }
  return undefined;
}

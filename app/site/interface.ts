/** Network interfaces of this machine. */
import { isIPv4 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { Failure } from '../../base/failure.js';
import { oneOf } from '../../base/suggest.js';

export interface Interface {
  readonly name: string;
  /** Its address and the first of its network, IPv4. */
  readonly address: string;
  readonly network: string;
}

/**
 * The interface of that name; without one, the only one that has an IPv4 address and is not the loopback.
 * @throws Failure of kind `usage` when there is none, or a choice
 */
export function findInterface(
  name: string | undefined,
  all: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): Interface {
  const found = Object.entries(all).flatMap(([each, addresses]) => {
    const address = addresses?.find(({ family, internal }) => family === 'IPv4' && !internal);
    return address === undefined
      ? []
      : [{ name: each, address: address.address, network: networkOf(address) }];
  });
  const fitting = found.filter((each) => name === undefined || each.name === name);
  const [first, second] = fitting;
  if (first !== undefined && second === undefined) return first;
  const names = found.map((each) => each.name);
  throw new Failure('usage', {
    what:
      first === undefined && name !== undefined
        ? `The network interface ${name} has no IPv4 address, or is not there.`
        : 'Which network the machines are on does not follow.',
    expected: names.length === 0 ? 'an interface with an IPv4 address' : `--interface ${oneOf(names)}`,
  });
}

function networkOf({ address, netmask }: NetworkInterfaceInfo): string {
  const mask = bytesOf(netmask);
  return bytesOf(address)
    .map((byte, index) => byte & (mask[index] ?? 0))
    .join('.');
}

function bytesOf(address: string): number[] {
  return isIPv4(address) ? address.split('.').map(Number) : [];
}

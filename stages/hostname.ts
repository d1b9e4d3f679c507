/** /etc/hostname and /etc/hosts. */
import { z } from 'zod';
import { defineStage } from '../pipeline/stage.js';
import { rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';

/** hostname(7): labels of letters, digits and hyphens, at most 63 characters each and 64 together. */
const HOST_NAME =
  /^(?=.{1,64}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

const options = z.strictObject({
  name: z
    .string()
    .regex(HOST_NAME, 'a host name of letters, digits and hyphens, such as node or node.example.org')
    .optional()
    .describe(
      'Host name of the booted system; with a domain, the fully qualified one. Default: none, so that each client of a ' +
        'golden image is called what the site calls it; elsewhere by DHCP, or `localhost`.',
    ),
  hosts: z
    .array(
      z.strictObject({
        address: z.union([z.ipv4(), z.ipv6()], 'an IPv4 or IPv6 address').describe('IPv4 or IPv6 address.'),
        names: z
          .array(z.string().regex(HOST_NAME, 'a host name'))
          .nonempty()
          .describe('Names of that address.'),
      }),
    )
    .default([])
    .describe('More lines of /etc/hosts.'),
});

export interface HostsEntry {
  readonly address: string;
  readonly names: readonly string[];
}

/** hosts(5). Debian gives the machine's own name the address 127.0.1.1, the qualified name first. */
export function hostsText(name: string | undefined, entries: readonly HostsEntry[]): string {
  const short = name?.split('.')[0];
  const own = name === undefined ? [] : [`127.0.1.1 ${name === short ? name : `${name} ${short}`}`];
  return [
    '127.0.0.1 localhost',
    ...own,
    '::1 localhost ip6-localhost ip6-loopback',
    'ff02::1 ip6-allnodes',
    'ff02::2 ip6-allrouters',
    ...entries.map(({ address, names }) => `${address} ${names.join(' ')}`),
    '',
  ].join('\n');
}

export const hostname = defineStage({
  name: 'hostname',
  summary: 'Set the host name, or leave it to each client.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  title: ({ name }) => name ?? '',
  options,
  tools: [],
  async run({ rootfs, options: { name, hosts } }) {
    const tree = rootTree(rootfs);
    if (name === undefined) await tree.remove('/etc/hostname');
    else await tree.write('/etc/hostname', `${name.split('.')[0]}\n`);
    await tree.write('/etc/hosts', hostsText(name, hosts));
  },
});

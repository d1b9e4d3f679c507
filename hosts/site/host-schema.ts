/** A target host as `lunsmith.yaml` has it. The texts become docs/site.md and the JSON Schema. */
import { z } from 'zod';
import { cellName } from '../../artifacts/platform/platform.js';
import { allCells } from '../../artifacts/platform/platforms.js';
import { type Checked, checked, checkedText } from '../../base/schema/checked.js';
import { checkConnection, checkRoot } from './connect.js';
import { TARGETS } from './facts.js';
import { addressSchema, networkSchema, prefixSchema, urlSchema } from './values.js';

const groupSchema = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'the name of a group, such as `www-data`');

/** Those that `lunsmith prove` runs. */
const CELLS = allCells().map(cellName);

/** IFNAMSIZ of Linux leaves 15 characters. */
const interfaceSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/, 'the name of a network interface, such as `eth0`')
  .describe('Network interface of the host that the clients are on.');
const ofNetwork = networkSchema.describe('The network of the clients, such as `192.0.2.0/24`.');
const rangeSchema = z
  .strictObject({
    first: addressSchema.describe('First address.'),
    last: addressSchema.describe('Last address.'),
  })
  .describe('Addresses that the DHCP server hands out to anybody.');
const routerSchema = addressSchema.optional().describe('Default router that clients are told.');
const dnsSchema = z
  .array(addressSchema)
  .optional()
  .describe('DNS servers that clients are told. `[]`: none, and that is meant.');

const dhcpSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z
      .literal('dnsmasq-proxy')
      .default('dnsmasq-proxy')
      .describe(
        'dnsmasq answers beside the DHCP server that the network has, and changes no address. The default when `dhcp` is given.',
      ),
    interface: interfaceSchema,
    network: ofNetwork,
  }),
  z.strictObject({
    kind: z.literal('dnsmasq').describe('dnsmasq is the only DHCP server of the network.'),
    interface: interfaceSchema,
    network: ofNetwork,
    range: rangeSchema,
    'lease-seconds': z.int().min(120).max(31_536_000).default(3600).describe('How long an address is lent.'),
    router: routerSchema,
    dns: dnsSchema,
  }),
  z.strictObject({
    kind: z.literal('isc-dhcpd').describe("ISC's dhcpd is the only DHCP server of the network."),
    network: ofNetwork,
    range: rangeSchema.optional(),
    router: routerSchema,
    dns: dnsSchema,
  }),
  z.strictObject({
    kind: z
      .literal('none')
      .describe('Somebody else tells clients what to boot. The default when `dhcp` is left out.'),
  }),
]);

const LVM = '[A-Za-z0-9+_.][A-Za-z0-9+_.-]*';
const cloneSchema = z.union(
  [
    z.literal('file'),
    z.strictObject({
      lvm: z
        .string()
        .regex(new RegExp(`^${LVM}/${LVM}$`), 'a volume group and a thin pool, such as `vg0/lunsmith`')
        .describe('Thin volumes in this pool of LVM, `GROUP/POOL`.'),
    }),
    z.strictObject({
      zfs: z
        .string()
        .regex(
          /^[A-Za-z][A-Za-z0-9_.:-]*(?:\/[A-Za-z0-9][A-Za-z0-9_.:-]*)*$/,
          'a dataset, such as `tank/lunsmith`',
        )
        .describe('Volumes below this dataset of ZFS.'),
    }),
  ],
  '`file`, `{ lvm: GROUP/POOL }` or `{ zfs: DATASET }`',
);

const UNITS: Readonly<Record<string, number>> = { d: 86_400, h: 3600 };

/** @returns seconds */
function checkRetention(written: string | number): Checked<number> {
  const [, count, unit = ''] = /^(\d{1,4})([dh])$/.exec(String(written)) ?? [];
  if (String(written) === '0') return { value: 0 };
  if (count !== undefined) return { value: Number(count) * (UNITS[unit] ?? 0) };
  return {
    problem: {
      what: 'Not a time for which something is kept.',
      expected: 'days or hours, such as `7d` or `12h`; or `0`',
      found: `\`${written}\``,
    },
  };
}

export const hostSchema = z.strictObject({
  connect: checkedText(checkConnection)
    .optional()
    .describe(
      '`ssh://USER@HOST` or `ssh://USER@HOST:PORT`, an IPv6 address in brackets: by the system’s ssh, with its configuration, keys and agent. ' +
        'A path: this machine, and the folder that is `root`. Default: this machine.',
    ),
  sudo: z
    .boolean()
    .optional()
    .describe(
      'Whether everything on the host is run by `sudo -n`, for an account that is not root and may do so without a password. ' +
        'Not with the target tgt, whose socket sshd opens as the user that logs in. Default: no.',
    ),
  root: checkedText(checkRoot, '^/')
    .optional()
    .describe('Absolute path of the folder on the host that holds everything. Default: `/srv/lunsmith`.'),
  address: addressSchema.describe('The address at which clients reach the host, IPv4.'),
  target: z
    .strictObject({
      kind: z
        .enum(TARGETS)
        .default('lio')
        .describe(
          'The iSCSI target: LIO (the kernel’s), tgt or IET; `none` for a storage array that lunsmith does not change.',
        ),
      prefix: prefixSchema
        .optional()
        .describe(
          'What the names of its targets begin with: an IQN of a domain that is yours. Default: `iqn.2026-01.net.lunsmith:HOST`.',
        ),
      port: z.int().min(1).max(65535).default(3260).describe('TCP port of the target.'),
      portal: addressSchema
        .optional()
        .describe('IPv4 address of the storage array; with `kind: none`, and no other.'),
      portals: z
        .array(addressSchema)
        .min(1)
        .optional()
        .describe(
          'IPv4 addresses, each in a network of its own, at which clients reach the target: a client of a release with `multipath` is logged in at ' +
            'each, another at the first that lets it in. In the place of `portal` for a storage array. Default: `address` of the host.',
        ),
      lun: z
        .int()
        .min(0)
        .max(255)
        .optional()
        .describe('Number under which the array shows a LUN; with `kind: none`. Default: 0.'),
    })
    .prefault({})
    .describe('The iSCSI target.'),
  clone: cloneSchema
    .default('file')
    .describe(
      'How a client’s LUN comes from that of a release. `file`: a copy that shares its blocks where the file system can ' +
        '(XFS, Btrfs), else a sparse copy; `lvm` and `zfs`: a snapshot.',
    ),
  retention: checked(z.union([z.string(), z.int()], 'a time such as `7d`'), checkRetention)
    .prefault('7d')
    .describe(
      'How long the LUNs of clients that were removed or reset are kept, so that `client undelete` brings them back: days or hours, such as ' +
        '`7d` or `12h`; `0`: they are removed at once. Default: `7d`.',
    ),
  http: z
    .strictObject({
      url: urlSchema
        .optional()
        .describe(
          'URL under which clients find `ROOT/http`. Default: `http://ADDRESS`, the address of the host.',
        ),
      group: groupSchema
        .optional()
        .describe(
          'Group of the HTTP server’s process: files with secrets are readable by it and nobody else. Default: none; then only the user who connects can read them, and the server has to run as that user.',
        ),
      accounts: z
        .enum(['anyone', 'own-address'])
        .default('anyone')
        .describe(
          'Who is answered with a client’s account. `anyone`: whoever asks for it by the client’s name. `own-address`: the `address` that the site gives the client, ' +
            'and nobody else, where nginx includes `ROOT/conf/nginx.include`. Default: `anyone`.',
        ),
      reload: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe(
          'Command on the host that makes nginx read `nginx.include` again, a word an item: `[systemctl, reload, nginx]`. Default: none is run.',
        ),
    })
    .prefault({})
    .describe('The HTTP server.'),
  tftp: z
    .strictObject({
      group: groupSchema
        .optional()
        .describe(
          'Group of the TFTP server (`dip` for Debian’s dnsmasq). The archives of Raspberry Pis, which hold CHAP secrets, are then ' +
            'readable by it and nobody else on the host. Default: everybody on the host can read them, as whoever is in the ' +
            'clients’ network can load them.',
        ),
    })
    .optional()
    .describe('The TFTP server.'),
  dhcp: dhcpSchema.prefault({ kind: 'none' }).describe('The DHCP server; see below.'),
  reload: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Command on the host that makes the DHCP server read its files again, a word an item: `[systemctl, restart, dnsmasq]`. ' +
        'Default: none is run.',
    ),
  gate: z
    .array(z.enum(CELLS))
    .optional()
    .describe(
      'Proofs that a release must have passed before it is promoted here. Default: `bios-san`, `uefi-san` and ' +
        '`bios-san-wrong-secret`; with a client that boots `direct` also `bios-direct` and `uefi-direct`.',
    ),
});

export type WrittenHost = z.output<typeof hostSchema>;

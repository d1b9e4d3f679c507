/** The NIC that carries the root, in the booted system: configured by the initramfs, and then left alone. */
import { z } from 'zod';
import { RASPBERRY_PI } from '../artifacts/platform/raspberry-pi.js';
import { Failure } from '../base/failure.js';
import { defineStage, type StageContext } from '../pipeline/stage.js';
import { distributionOf } from './distribution/distribution.js';
import { addPackage, unplayable } from './distribution/roles.js';
import type { BootNic, Role } from './distribution/topics.js';
import { claimsOf } from './network/claims.js';
import {
  DNS_SCRIPT_PATH,
  DNS_UNIT,
  dnsScript,
  dnsUnitText,
  RUN_RESOLV_CONF,
  resolvConfText,
  resolvedText,
} from './network/dns.js';
import {
  CLOUD_INIT_TEXT,
  DHCPCD_CONF,
  dhcpcdText,
  FIRST_NETWORKD_NAME,
  ifupdownText,
  type NicWishes,
  netplanText,
  networkdName,
  networkdPath,
  networkdText,
  networkManagerText,
  VLAN_NETWORKD_PATH,
  vlanNetworkdText,
  WAIT_ONLINE,
} from './network/managers.js';
import { addUnit, hasSystemd } from './rootfs/systemd.js';
import { type RootTree, rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';

const address = z.union([z.ipv4(), z.ipv6()], 'an IPv4 or IPv6 address');
/** Each is a role too. */
const MANAGERS = [
  'ifupdown',
  'networkd',
  'networkmanager',
  'netplan',
  'dhcpcd',
] as const satisfies readonly Role[];
type Manager = (typeof MANAGERS)[number];

const options = z.strictObject({
  manager: z
    .enum(['auto', ...MANAGERS, 'none'])
    .default('auto')
    .describe(
      'Which network manager is told to leave the boot NIC alone: every one that is installed (`auto`), one, or none. Files of networkd and ' +
        'netplan in the image that would take it are told of, and come after that of this step.',
    ),
  interface: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,14}$/, 'the name of a network interface, such as `eno1`')
    .optional()
    .describe(
      'Name of the boot NIC, if it is the same on all clients. Default: every Ethernet device is left alone; give the name when ' +
        'clients have more NICs that a manager shall configure.',
    ),
  'renew-lease': z
    .boolean()
    .default(false)
    .describe(
      'Let networkd or netplan renew the DHCP lease of the boot NIC. By default nobody does: reserve the address on the DHCP server, ' +
        'or give long leases.',
    ),
  dns: z
    .union(
      [z.enum(['boot', 'keep']), z.array(address).nonempty().max(3)],
      '`boot`, `keep` or a list of one to three addresses',
    )
    .default('boot')
    .describe(
      'Name servers of the booted system: those that the initramfs learned by DHCP or iBFT (`boot`), these addresses, or whatever the ' +
        'image has already (`keep`).',
    ),
  search: z
    .array(z.string().regex(/^[A-Za-z0-9.-]+$/, 'a domain name'))
    .default([])
    .describe('Domains to search, when `dns` is a list of addresses.'),
  vlan: z
    .int()
    .min(1)
    .max(4094)
    .optional()
    .describe(
      'Id of a tagged VLAN of the boot NIC, in which the root is: the initramfs makes it, asks DHCP there and logs in by it. iPXE loads kernel and ' +
        'initramfs without a tag, so that such a release is for `boot: direct` alone: docs/vlan.md.',
    ),
});
type Options = z.output<typeof options>;
type Asking = Pick<StageContext<Options>, 'distribution'>;

export const network = defineStage({
  name: 'network',
  summary: 'Leave the boot NIC alone after the initramfs configured it, and hand on its name servers.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  options,
  tools: [],
  asks: ['software', 'network'],
  check: ({ options: { manager, dns, search, vlan }, recipe, distribution }) => [
    ...(vlan === undefined ||
    (recipe.platform !== RASPBERRY_PI.id &&
      (distribution === undefined || distributionOf({ distribution }).network.vlan !== undefined))
      ? []
      : [{ path: ['vlan'], ...NO_VLAN }]),
    ...(search.length > 0 && !Array.isArray(dns)
      ? [
          {
            path: ['search'],
            what: '`search` needs name servers in `dns`.',
            hint: 'List them, or remove `search`.',
          },
        ]
      : []),
    ...(manager === 'auto' || manager === 'none'
      ? []
      : unplayable(distribution, manager, {
          path: ['manager'],
          what: `This distribution has no ${manager}.`,
          hint: 'Use `manager: auto`.',
        })),
  ],
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    const { manager, interface: nic, 'renew-lease': renewLease, vlan } = ctx.options;
    const { network: bootNic } = distributionOf(ctx);
    if (vlan === undefined) await noVlan(tree, bootNic);
    else if (bootNic.vlan === undefined) throw new Failure('recipe', NO_VLAN);
    else await bootNic.vlan.place(tree, vlan);
    const managers = manager === 'auto' ? await installed(ctx, tree) : manager === 'none' ? [] : [manager];
    for (const each of managers) {
      if (manager !== 'auto') await requireManager(ctx, tree, each);
      await leaveAlone(ctx, tree, each, { nic, renewLease, vlan });
    }
    if (await distributionOf(ctx).software.has(tree, 'cloud-init')) {
      await tree.write('/etc/cloud/cloud.cfg.d/99-boot-nic.cfg', CLOUD_INIT_TEXT);
    }
    if (renewLease && !managers.some((each) => each === 'networkd' || each === 'netplan')) {
      ctx.warn(
        'No network manager here can renew the lease of the boot NIC without a gap.',
        'Install systemd, or netplan.',
      );
    }
    await nameServers(ctx, tree);
  },
});

/** An imported root may have had one. */
async function noVlan(tree: RootTree, { vlan }: BootNic): Promise<void> {
  if ((await vlan?.find(tree)) === undefined) return;
  await vlan?.remove(tree);
  if (await tree.exists(VLAN_NETWORKD_PATH)) await tree.remove(VLAN_NETWORKD_PATH);
}

const NO_VLAN = {
  what: 'A VLAN of the boot NIC is not built for this system: its initramfs makes none, or no boot gate has shown it.',
  expected: 'a PC with a Debian that has initramfs-tools',
  hint: 'Let the switch put the port of the machine into the VLAN without a tag (an access port).',
} as const;

async function installed(ctx: Asking, tree: RootTree): Promise<Manager[]> {
  const { software } = distributionOf(ctx);
  const found: Manager[] = [];
  for (const each of MANAGERS) if (await software.has(tree, each)) found.push(each);
  return found;
}

async function requireManager(ctx: Asking, tree: RootTree, manager: Manager): Promise<void> {
  const { software } = distributionOf(ctx);
  if (await software.has(tree, manager)) return;
  const [name] = software.packagesFor(manager);
  throw new Failure('recipe', {
    what: `The network manager ${manager} is not installed.`,
    ...(name === undefined ? {} : { expected: `the package ${name}` }),
    hint: `${addPackage(software, manager)}, or use \`manager: auto\`.`,
  });
}

async function leaveAlone(
  ctx: Pick<StageContext<Options>, 'warn'>,
  tree: RootTree,
  manager: Manager,
  wishes: NicWishes,
): Promise<void> {
  switch (manager) {
    case 'ifupdown':
      return tree.write('/etc/network/interfaces', ifupdownText(wishes));
    case 'networkd':
      await tree.write(networkdPath(await networkdNameIn(ctx, tree, wishes)), networkdText(wishes));
      await leaveVlanAlone(tree, wishes);
      return tree.write(
        '/etc/systemd/system/systemd-networkd-wait-online.service.d/10-boot-nic.conf',
        WAIT_ONLINE,
      );
    case 'networkmanager':
      return tree.write('/etc/NetworkManager/conf.d/10-boot-nic.conf', networkManagerText(wishes));
    case 'dhcpcd':
      return tree.write(DHCPCD_CONF, dhcpcdText((await tree.read(DHCPCD_CONF)) ?? '', wishes));
    case 'netplan':
      await leaveVlanAlone(tree, wishes);
      return tree.write('/etc/netplan/90-boot-nic.yaml', netplanText(wishes), { mode: 0o600 });
  }
}

/** netplan has networkd do it. */
async function leaveVlanAlone(tree: RootTree, wishes: NicWishes): Promise<void> {
  if (wishes.vlan !== undefined) await tree.write(VLAN_NETWORKD_PATH, vlanNetworkdText(wishes, wishes.vlan));
}

/** A file of the image that would take the boot NIC comes after ours. */
async function networkdNameIn(
  { warn }: Pick<StageContext<Options>, 'warn'>,
  tree: RootTree,
  { nic }: NicWishes,
): Promise<string> {
  const usual = networkdName({ nic });
  const [first, ...others] = (await claimsOf(tree, nic)).filter(({ name }) => name < usual);
  if (first === undefined) return usual;
  const paths = [first, ...others].map(({ path }) => path).join(', ');
  if (first.name < FIRST_NETWORKD_NAME) {
    throw new Failure('recipe', {
      what: `${first.path} would take the boot NIC when the system starts, and the root would be gone.`,
      expected: `a name that comes after ${FIRST_NETWORKD_NAME}, so that the boot NIC is left alone before`,
      hint: 'Rename it, or let its [Match] name the devices that it is for.',
    });
  }
  warn(
    `${paths} would take the boot NIC when the system starts: ${networkdPath(FIRST_NETWORKD_NAME)} comes before, and leaves ${nic ?? 'all Ethernet devices'} alone.`,
    nic === undefined
      ? 'If clients have more NICs that shall be configured, name the boot NIC in `interface`.'
      : `Let its [Match] leave out ${nic}.`,
  );
  return FIRST_NETWORKD_NAME;
}

async function nameServers(ctx: StageContext<Options>, tree: RootTree): Promise<void> {
  const { dns, search } = ctx.options;
  const { software, network: nic } = distributionOf(ctx);
  // resolvconf is fed by open-iscsi's own udev handler.
  if (dns === 'keep' || (dns === 'boot' && (await software.has(tree, 'resolvconf')))) return;
  const resolved = await tree.exists(nic.resolved);
  if (Array.isArray(dns)) {
    const wishes = { servers: dns, search };
    if (resolved) await tree.write('/etc/systemd/resolved.conf.d/boot-nic.conf', resolvedText(wishes));
    else await tree.write('/etc/resolv.conf', resolvConfText(wishes));
    return;
  }
  if (nic.learned.length === 0 || !(await hasSystemd(tree))) {
    ctx.warn(
      nic.learned.length === 0
        ? 'The initramfs of this distribution does not hand on name servers.'
        : 'Without systemd nothing hands the name servers of the boot NIC to the booted system.',
      'List them in `dns`.',
    );
    return;
  }
  await tree.write(DNS_SCRIPT_PATH, dnsScript(nic.learned, nic.resolved), { mode: 0o755 });
  await addUnit(tree, DNS_UNIT, dnsUnitText(nic.learned), 'sysinit.target');
  if (!resolved) await tree.link('/etc/resolv.conf', RUN_RESOLV_CONF);
}

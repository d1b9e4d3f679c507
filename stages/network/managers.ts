/**
 * How each network manager is told to leave alone the NIC that carries the root. Its name is not known when the image is
 * made, so that without a name every Ethernet device is meant.
 */

export interface NicWishes {
  /** Name of the boot NIC in the booted system, if all clients share one. */
  readonly nic: string | undefined;
  /** Renew the DHCP lease that the initramfs took, where the manager can do so without a gap. */
  readonly renewLease: boolean;
  /** Id of the VLAN of the boot NIC by which the root is reached; undefined: by the NIC itself. */
  readonly vlan?: number | undefined;
}

/** Names of the VLAN that the initramfs makes, for managers that know globs. */
function vlanNames({ nic, vlan }: Pick<NicWishes, 'nic' | 'vlan'>): string[] {
  return vlan === undefined ? [] : [`${nic ?? '*'}.${vlan}`, `vlan${vlan}`];
}

/** interfaces(5). The NIC is not named, or manual: never raised by ifupdown, and never taken down at shutdown. */
export function ifupdownText({ nic, vlan }: NicWishes): string {
  const names = nic === undefined ? [] : [nic, ...vlanNames({ nic, vlan })];
  const manual = names.flatMap((name) => ['', `iface ${name} inet manual`, `no-auto-down ${name}`]);
  return ['auto lo', 'iface lo inet loopback', ...manual, '', 'source /etc/network/interfaces.d/*', ''].join(
    '\n',
  );
}

/**
 * systemd.network(5). `KeepConfiguration=yes` is the one spelling that every version since 243 understands; the MAC as
 * client identifier makes a renewal ask for the lease that the initramfs got.
 */
export function networkdText({ nic, renewLease, vlan }: NicWishes): string {
  // Any kind of virtual device is excluded: bridges and the like are not what the machine booted from.
  const match = nic === undefined ? ['Type=ether', 'Kind=!*'] : [`Name=${nic}`];
  return keptText(match, renewLease && vlan === undefined);
}

/** It comes before whatever would take all devices that have such a name. */
export const VLAN_NETWORKD_PATH = '/etc/systemd/network/00-boot-vlan.network';

/** The same for the VLAN of the boot NIC, which has the lease then. */
export function vlanNetworkdText(
  { nic, renewLease }: Pick<NicWishes, 'nic' | 'renewLease'>,
  vlan: number,
): string {
  return keptText([`Name=${vlanNames({ nic, vlan }).join(' ')}`], renewLease);
}

function keptText(match: readonly string[], renewLease: boolean): string {
  return [
    '[Match]',
    ...match,
    '',
    '[Network]',
    `DHCP=${renewLease ? 'ipv4' : 'no'}`,
    'KeepConfiguration=yes',
    ...(renewLease ? ['', '[DHCPv4]', 'ClientIdentifier=mac', 'SendRelease=no'] : []),
    '',
  ].join('\n');
}

/** A configuration for all devices gives way to one that names a device, hence the place in the order. */
export function networkdName({ nic }: Pick<NicWishes, 'nic'>): string {
  return `${nic === undefined ? '89' : '05'}-boot-nic.network`;
}

/** One that gives way to no other. */
export const FIRST_NETWORKD_NAME = '00-boot-nic.network';

export function networkdPath(name: string): string {
  return `/etc/systemd/network/${name}`;
}

/** Other NICs may have no cable: the boot waits for the one that it came by, and not for ever. */
export const WAIT_ONLINE = [
  '[Service]',
  'ExecStart=',
  'ExecStart=/usr/lib/systemd/systemd-networkd-wait-online --any --timeout=30',
  '',
].join('\n');

/** NetworkManager.conf(5). */
export function networkManagerText({ nic, vlan }: NicWishes): string {
  const devices = [
    nic === undefined ? 'type:ethernet' : `interface-name:${nic}`,
    ...vlanNames({ nic, vlan }).map((name) => `interface-name:${name}`),
  ];
  return `[keyfile]\nunmanaged-devices=${devices.join(';')}\n`;
}

/** netplan-yaml(5): `critical` becomes KeepConfiguration. */
export function netplanText({ nic, renewLease, vlan }: NicWishes): string {
  return [
    'network:',
    '  version: 2',
    '  ethernets:',
    '    boot-nic:',
    '      match:',
    `        name: "${nic ?? 'e*'}"`,
    `      dhcp4: ${renewLease && vlan === undefined}`,
    '      dhcp-identifier: mac',
    '      critical: true',
    '      optional: true',
    '',
  ].join('\n');
}

export const DHCPCD_CONF = '/etc/dhcpcd.conf';

/** dhcpcd.conf(5) with one line more: without a name all that Linux calls Ethernet, which begins with `e`. */
export function dhcpcdText(text: string, { nic, vlan }: NicWishes): string {
  const names = [nic ?? 'e*', ...vlanNames({ nic, vlan })];
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}denyinterfaces ${names.join(' ')}\n`;
}

export const CLOUD_INIT_TEXT = 'network:\n  config: disabled\n';

/** A client's own address, as each that needs it wants it. */
import type { Manifest } from '../../artifacts/release/manifest.js';
import { Failure } from '../../base/failure.js';
import type { ClientFacts, StaticAddress } from '../site/facts.js';

/**
 * Commands that give iPXE, and through its iBFT the initramfs, the client's address; none when DHCP gives it. They override
 * what DHCP has told the same card.
 */
export function ownAddress(address: StaticAddress | undefined): string[] {
  if (address === undefined) return [];
  const { address: ip, netmask, gateway, dns } = address;
  return Object.entries({ ip, netmask, gateway, dns }).flatMap(([name, value]) =>
    value === undefined ? [] : [`set netX/${name} ${ipv4(value)}`],
  );
}

/**
 * What follows `ip=` on the kernel command line (Linux Documentation/admin-guide/nfs/nfsroot.rst); the card is told by
 * `BOOTIF=`. The address of the site is that of the network by which it boots; in a VLAN DHCP tells another one.
 * @param manifest of the release that it boots
 */
export function kernelAddress({ name, address }: ClientFacts, manifest?: Pick<Manifest, 'vlan'>): string {
  if (address === undefined || manifest?.vlan !== undefined) return 'dhcp';
  const { address: ip, netmask, gateway, dns } = address;
  const optional = (value: string | undefined) => (value === undefined ? '' : ipv4(value));
  const fields = [ipv4(ip), '', optional(gateway), ipv4(netmask), name, '', 'off'];
  return [...fields, ...(dns === undefined ? [] : [ipv4(dns)])].join(':');
}

/** @throws Failure of kind `usage` for what is no IPv4 address in four decimal numbers */
export function ipv4(text: string): string {
  const parts = text.split('.');
  if (parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return text;
  }
  throw new Failure('usage', {
    what: 'This is no address that boot files can hold.',
    expected: 'an IPv4 address, e.g. 192.0.2.1',
    found: JSON.stringify(text),
  });
}

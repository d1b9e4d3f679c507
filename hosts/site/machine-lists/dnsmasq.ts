/**
 * Machines of dnsmasq(8): lines of `dhcp-host=`, of a file of `dhcp-hostsfile`, and of its file of leases. An address of a lease is
 * nobody's for good, so that only those of `dhcp-host` are taken.
 */
import type { Machine } from './machine.js';

const MAC = /^(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$/;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
/** Expiry in seconds since 1970, MAC, address, name or `*`, client id or `*`. */
const LEASE = /^\d+ (\S+) \S+ (\S+) \S+$/;
const HOST = /^(?:(?:--)?dhcp-host\s*=\s*)?(?=(?:[0-9A-Fa-f]{2}:){5})|^(?:--)?dhcp-host\s*=\s*/;
/** Parts of `dhcp-host` that name no machine: tags, client ids, IPv6, a lease time. */
const OTHER = /^(?:(?:set|tag|net|id):|\[|\d+[smhdw]?$|infinite$)/;

export function parseDnsmasq(text: string): Machine[] {
  return text
    .split(/\r?\n/)
    .flatMap((raw, index) => machineOf(raw.replace(/\s*#.*$/, '').trim(), index + 1) ?? []);
}

function machineOf(line: string, number: number): Machine | undefined {
  const lease = LEASE.exec(line);
  if (lease !== null) {
    const [, mac = '', name] = lease;
    // Of IPv6 there is an id in this place.
    if (!MAC.test(mac)) return undefined;
    return { name: name === '*' ? undefined : name, facts: { mac }, line: number };
  }
  if (!HOST.test(line)) return undefined;
  const parts = line
    .replace(HOST, '')
    .split(',')
    .map((part) => part.trim());
  if (parts.includes('ignore')) return undefined;
  // A machine with several cards has several addresses here; it boots from one of them, the first.
  const mac = parts.find((part) => MAC.test(part));
  if (mac === undefined) return undefined;
  const address = parts.find((part) => IPV4.test(part));
  const name = parts.find((part) => !MAC.test(part) && !IPV4.test(part) && !OTHER.test(part) && part !== '');
  return { name, facts: { mac, ...(address === undefined ? {} : { address }) }, line: number };
}

/** IPv4 addresses and networks as numbers of 32 bits; text is dotted decimal (RFC 6943, section 3.1.1, strict form). */

/** A network: its first address and the count of bits that all its addresses share. */
export interface Network {
  readonly first: number;
  /** 0 to 32. */
  readonly bits: number;
}

const PART = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
/** Regular expression of an address, without anchors. */
export const ADDRESS = `${PART}(?:\\.${PART}){3}`;

/** The address as a number; undefined when the text is none. Leading zeros are refused: some readers take them for octal. */
export function parseAddress(text: string): number | undefined {
  if (!new RegExp(`^${ADDRESS}$`).test(text)) return undefined;
  return text.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** The mask with that many leading ones. */
function mask(bits: number): number {
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
}

export function netmaskText({ bits }: Network): string {
  return addressText(mask(bits));
}

/** The count of leading ones of a netmask; undefined when the text is no netmask. */
export function parseNetmask(text: string): number | undefined {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  const bits = Math.clz32(~address >>> 0);
  return mask(bits) === address ? bits : undefined;
}

/** The network that an address lies in. */
export function networkOf(address: number, bits: number): Network {
  return { first: (address & mask(bits)) >>> 0, bits };
}

/** `192.0.2.0/24` */
export function networkText({ first, bits }: Network): string {
  return `${addressText(first)}/${bits}`;
}

export function contains(network: Network, address: number): boolean {
  return networkOf(address, network.bits).first === network.first;
}

/** Whether it is the first or last address of the network, which no machine has (RFC 1122, section 3.2.1.3; RFC 3021). */
export function isReserved(network: Network, address: number): boolean {
  if (network.bits > 30) return false;
  return address === network.first || address === network.first + 2 ** (32 - network.bits) - 1;
}

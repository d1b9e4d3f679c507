/** DHCP as the boot ROM of a Raspberry Pi speaks it (RFC 2131, RFC 4578; Raspberry Pi documentation, "Network booting"). */

import { BOOT_TEXT } from '../../artifacts/platform/raspberry-pi/dhcp.js';

export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;

const COOKIE = [99, 130, 83, 99];
const HEADER = 240;
/** Replies come by broadcast: it has no address yet. */
const BROADCAST = 0x8000;

/** The message by which it asks everybody. @param mac six pairs of hex digits @param serial hex digits */
export function discover({
  mac,
  serial,
  xid,
}: {
  readonly mac: string;
  readonly serial: string;
  readonly xid: number;
}): Buffer {
  const head = Buffer.alloc(HEADER);
  head.set([1, 1, 6]);
  head.writeUInt32BE(xid, 4);
  head.writeUInt16BE(BROADCAST, 10);
  head.set(Buffer.from(mac.replaceAll(':', ''), 'hex'), 28);
  head.set(COOKIE, 236);
  const option = (code: number, bytes: Iterable<number>) => {
    const all = [...bytes];
    return [code, all.length, ...all];
  };
  // A type of 0 and sixteen bytes that tell the machine: of a Pi its serial number.
  const machine = Buffer.concat([Buffer.alloc(1), Buffer.from(serial.padStart(32, '0'), 'hex')]);
  return Buffer.concat([
    head,
    Buffer.from([
      ...option(53, [1]),
      ...option(55, [1, 3, 43, 60, 66, 67, 128, 129, 130, 131, 132, 133, 134, 135]),
      ...option(60, Buffer.from('PXEClient:Arch:00000:UNDI:002001')),
      ...option(93, [0, 0]),
      ...option(94, [1, 2, 1]),
      ...option(97, machine),
      255,
    ]),
  ]);
}

export interface Reply {
  /** The address that it gives, `0.0.0.0` of a proxy. */
  readonly address: string;
  /** Where files are, `0.0.0.0` where it names none. */
  readonly next: string;
  readonly netmask: string | undefined;
  /** Whether it is meant for a Raspberry Pi. */
  readonly forPi: boolean;
}

/** Undefined for what is no offer to this question. */
export function readOffer(message: Buffer, xid: number): Reply | undefined {
  if (message.length < HEADER || message[0] !== 2 || message.readUInt32BE(4) !== xid) return undefined;
  const options = readOptions(message.subarray(HEADER));
  if (options.get(53)?.[0] !== 2) return undefined;
  const netmask = options.get(1);
  return {
    address: dotted(message.subarray(16, 20)),
    next: dotted(message.subarray(20, 24)),
    netmask: netmask === undefined ? undefined : dotted(netmask),
    forPi: options.get(43)?.includes(BOOT_TEXT) === true,
  };
}

function readOptions(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at] ?? 255;
    if (code === 255) break;
    if (code === 0) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    options.set(code, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
}

function dotted(bytes: Buffer): string {
  return [...bytes].join('.');
}

/** What the Pi makes of the replies that it heard; undefined while something is missing. */
export interface Lease {
  readonly address: string;
  readonly netmask: string;
  /** Of the TFTP server. */
  readonly server: string;
}

/** A reply, who sent it, and when it came, milliseconds. */
export interface Heard {
  readonly reply: Reply;
  readonly sender: string;
  readonly at: number;
}

/** A Pi 3B hears no second reply for so long after one. */
const DEAF_MS = 333;

/**
 * Its address is that of the first reply with one, its server that of the first reply that is meant for a Pi. It sends no request for
 * the address, so that it should be reserved.
 * @param losesReplies whether its ROM is that of a Pi 3B
 */
export function leaseOf(heard: readonly Heard[], losesReplies: boolean): Lease | undefined {
  const taken = heard.filter(({ at }, index) => {
    const before = heard[index - 1];
    return !losesReplies || before === undefined || at - before.at >= DEAF_MS;
  });
  const own = taken.find(({ reply }) => reply.address !== '0.0.0.0');
  const boot = taken.find(({ reply }) => reply.forPi);
  if (own === undefined || boot === undefined) return undefined;
  const server = boot.reply.next === '0.0.0.0' ? boot.sender : boot.reply.next;
  return { address: own.reply.address, netmask: own.reply.netmask ?? '255.255.255.0', server };
}

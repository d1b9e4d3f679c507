/** Asks DHCP servers as a boot ROM does (RFC 2131, RFC 4578) and prints their answers, one JSON object a line of input. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface Questions {
  /** Address of the one that is asked. */
  readonly server: string;
  readonly proxy: boolean;
  readonly clients: readonly BootRom[];
}

export interface BootRom {
  readonly name: string;
  readonly mac: string;
  /** Its number in RFC 4578. */
  readonly architecture: number;
  /** It boots by HTTP. */
  readonly http?: true;
  readonly userClass?: string;
  readonly ipxe?: boolean;
  /** It is a system that wants an address, and no boot ROM. */
  readonly plain?: boolean;
}

export interface Answer {
  readonly name: string;
  readonly file: string;
  readonly address: string;
  readonly next: string;
  /** Its name, where it is told one. */
  readonly host: string | undefined;
  readonly options: readonly number[];
  /** The whole answer, in hexadecimal digits. */
  readonly packet: string;
}

interface Packet extends BootRom {
  /** Of the message. */
  readonly type: number;
  readonly xid: number;
  /** The address that it has. */
  readonly own?: string;
  /** The chosen item of a boot menu. */
  readonly item?: readonly number[] | undefined;
}

interface Question extends Packet {
  readonly port: number;
  readonly to: string;
}

interface Reply extends Pick<Answer, 'file' | 'address' | 'next' | 'packet'> {
  readonly options: ReadonlyMap<number, Buffer>;
}

const SERVER_PORT = 67;
const CLIENT_PORT = 68;
/** Of the PXE boot server, which a proxy sends its clients to (PXE specification 2.1, section 2.2). */
const BOOT_PORT = 4011;
const HEADER = 240;
const LATE_MS = 10_000;

const { server, proxy, clients } = JSON.parse(process.argv[2] ?? '') as Questions;
const socket = createSocket('udp4');
socket.bind(CLIENT_PORT);
await once(socket, 'listening');
socket.setBroadcast(true);
for (const [index, client] of clients.entries()) {
  const offer = await ask({ ...client, type: 1, xid: 100 + index, port: SERVER_PORT, to: '255.255.255.255' });
  // A proxy's offer is a menu; what its one item stands for is told by the boot server.
  const menu = offer.options.get(43);
  const item = menu === undefined ? undefined : menuItem(menu);
  const { file, address, next, options, packet } = proxy
    ? await ask({
        ...client,
        type: 3,
        xid: 200 + index,
        port: BOOT_PORT,
        to: server,
        own: server.replace(/\d+$/, '9'),
        item,
      })
    : offer;
  const host = options.get(12)?.toString();
  const codes = [...options.keys()];
  const answer: Answer = { name: client.name, file, address, next, host, options: codes, packet };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
socket.close();

async function ask(question: Question): Promise<Reply> {
  const packet = write(question);
  socket.send(packet, question.port, question.to);
  for (;;) {
    const signal = AbortSignal.timeout(LATE_MS);
    const [message] = (await once(socket, 'message', { signal })) as [Buffer];
    if (message[0] === 2 && message.readUInt32BE(4) === question.xid) return read(message);
  }
}

function write({ mac, architecture, http, userClass, ipxe, plain, type, xid, own, item }: Packet): Buffer {
  const head = Buffer.alloc(HEADER);
  head.set([1, 1, 6]);
  head.writeUInt32BE(xid, 4);
  head.writeUInt16BE(0x8000, 10);
  if (own) head.set(own.split('.').map(Number), 12);
  head.set(
    mac.split(':').map((part) => Number.parseInt(part, 16)),
    28,
  );
  head.set([99, 130, 83, 99], 236);
  const option = (code: number, bytes: readonly number[]) => [code, bytes.length, ...bytes];
  const text = (value: string) => [...Buffer.from(value)];
  const vendor = `${http === true ? 'HTTPClient' : 'PXEClient'}:Arch:${String(architecture).padStart(5, '0')}:UNDI:002001`;
  return Buffer.concat([
    head,
    Buffer.from([
      ...option(53, [type]),
      ...option(55, [1, 3, 6, 12, 43, 54, 60, 66, 67, 175]),
      ...(plain
        ? []
        : [
            ...option(60, text(vendor)),
            ...option(93, [0, architecture]),
            ...option(94, [1, 2, 1]),
            ...option(97, new Array<number>(17).fill(0)),
          ]),
      ...(userClass ? option(77, text(userClass)) : []),
      ...(ipxe ? option(175, [19, 1, 1]) : []),
      ...(item ? option(43, [71, 4, ...item, 0, 0, 255]) : []),
      255,
    ]),
  ]);
}

function read(message: Buffer): Reply {
  const address = (offset: number) => [...message.subarray(offset, offset + 4)].join('.');
  const options = new Map<number, Buffer>();
  for (let at = HEADER; message[at] !== 255 && at < message.length; ) {
    const [code = 0, length = 0] = message.subarray(at);
    options.set(code, message.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const [file = ''] = (options.get(67) ?? message.subarray(108, 236)).toString('latin1').split('\0');
  return { file, address: address(16), next: address(20), options, packet: message.toString('hex') };
}

/** Type of the first item of option 43's sub-option 9 (boot menu). */
function menuItem(vendor: Buffer): number[] | undefined {
  for (let at = 0; vendor[at] !== 255 && at < vendor.length; at += 2 + (vendor[at + 1] ?? 0)) {
    if (vendor[at] === 9) return [...vendor.subarray(at + 2, at + 4)];
    if (vendor[at] === 8) return [...vendor.subarray(at + 2, at + 4)];
  }
  return undefined;
}

// Asks DHCP servers as a boot ROM does (RFC 2131, RFC 4578) and prints their answers, one JSON object a line of input.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const SERVER_PORT = 67;
const CLIENT_PORT = 68;
/** Of the PXE boot server, which a proxy sends its clients to (PXE specification 2.1, section 2.2). */
const BOOT_PORT = 4011;
const HEADER = 240;
const LATE_MS = 10_000;

const { server, proxy, clients } = JSON.parse(process.argv[2]);
const socket = createSocket('udp4');
socket.bind(CLIENT_PORT);
await once(socket, 'listening');
socket.setBroadcast(true);
for (const [index, client] of clients.entries()) {
  const offer = await ask({ ...client, type: 1, xid: 100 + index, port: SERVER_PORT, to: '255.255.255.255' });
  // A proxy's offer is a menu; what its one item stands for is told by the boot server.
  const item = offer[43] === undefined ? undefined : menuItem(offer[43]);
  const known = !proxy || client.wants === 'offer' ? offer : undefined;
  const answer =
    known ??
    (await ask({
      ...client,
      type: 3,
      xid: 200 + index,
      port: BOOT_PORT,
      to: server,
      own: '10.77.0.9',
      item,
    }));
  process.stdout.write(
    `${JSON.stringify({ name: client.name, file: answer.file, address: answer.address, next: answer.next, host: answer[12]?.toString(), options: codes(answer) })}\n`,
  );
}
socket.close();

function codes(answer) {
  return Object.keys(answer)
    .filter((key) => /^\d+$/.test(key))
    .map(Number);
}

async function ask(question) {
  const packet = write(question);
  socket.send(packet, question.port, question.to);
  for (;;) {
    const signal = AbortSignal.timeout(LATE_MS);
    const [message] = await once(socket, 'message', { signal });
    if (message[0] === 2 && message.readUInt32BE(4) === question.xid) return read(message);
  }
}

function write({ mac, architecture, userClass, ipxe, type, xid, own, item }) {
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
  const option = (code, bytes) => [code, bytes.length, ...bytes];
  const text = (value) => [...Buffer.from(value)];
  const vendor = `PXEClient:Arch:${String(architecture).padStart(5, '0')}:UNDI:002001`;
  return Buffer.concat([
    head,
    Buffer.from([
      ...option(53, [type]),
      ...option(55, [1, 3, 6, 12, 43, 54, 60, 66, 67, 175]),
      ...option(60, text(vendor)),
      ...option(93, [0, architecture]),
      ...option(94, [1, 2, 1]),
      ...option(97, new Array(17).fill(0)),
      ...(userClass ? option(77, text(userClass)) : []),
      ...(ipxe ? option(175, [19, 1, 1]) : []),
      ...(item ? option(43, [71, 4, ...item, 0, 0, 255]) : []),
      255,
    ]),
  ]);
}

function read(message) {
  const address = (offset) => [...message.subarray(offset, offset + 4)].join('.');
  const string = (bytes) => bytes.toString('latin1').split('\0')[0];
  const answer = { address: address(16), next: address(20) };
  for (let at = HEADER; message[at] !== 255 && at < message.length; ) {
    const [code, length] = [message[at], message[at + 1]];
    answer[code] = message.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
  answer.file = answer[67] === undefined ? string(message.subarray(108, 236)) : string(answer[67]);
  return answer;
}

/** Type of the first item of option 43's sub-option 9 (boot menu). */
function menuItem(vendor) {
  for (let at = 0; vendor[at] !== 255 && at < vendor.length; at += 2 + vendor[at + 1]) {
    if (vendor[at] === 9) return [...vendor.subarray(at + 2, at + 4)];
    if (vendor[at] === 8) return [...vendor.subarray(at + 2, at + 4)];
  }
  return undefined;
}

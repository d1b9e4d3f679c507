/** Loads a file by TFTP (RFC 1350), with larger blocks where the server agrees (RFC 2347, RFC 2348). */
import { createSocket, type Socket } from 'node:dgram';
import { type FileHandle, open, rm } from 'node:fs/promises';

export interface TftpRequest {
  readonly server: string;
  readonly path: string;
  /** Where it is written. */
  readonly to: string;
  /** Bytes of a block to ask for; absent: those of RFC 1350, and no options, as a boot ROM does. */
  readonly blockSize?: number;
}

const PORT = 69;
const PLAIN_BLOCK = 512;
/** Milliseconds after which the last packet is sent again, and how often. */
const AGAIN_MS = 2000;
const TRIES = 30;
const [RRQ, DATA, ACK, ERROR, OACK] = [1, 3, 4, 5, 6] as const;
const NOT_FOUND = 1;

/** @returns its size in bytes; undefined when there is no such file @throws Error when the server is silent or refuses */
export async function loadByTftp({ server, path, to, blockSize }: TftpRequest): Promise<number | undefined> {
  const socket = createSocket('udp4');
  const packets = queueOf(socket);
  const file = await open(to, 'w');
  try {
    const size = await receive({ socket, packets, server, path, blockSize, file });
    if (size === undefined) await rm(to);
    return size;
  } finally {
    socket.close();
    await file.close();
  }
}

interface Transfer {
  readonly socket: Socket;
  readonly packets: Packets;
  readonly server: string;
  readonly path: string;
  readonly blockSize: number | undefined;
  readonly file: FileHandle;
}

async function receive({
  socket,
  packets,
  server,
  path,
  blockSize,
  file,
}: Transfer): Promise<number | undefined> {
  const options = blockSize === undefined ? [] : ['blksize', String(blockSize)];
  let last = Buffer.concat([
    Buffer.from([0, RRQ]),
    Buffer.from([path, 'octet', ...options].map((word) => `${word}\0`).join('')),
  ]);
  let [port, block, length, size] = [PORT, 0, PLAIN_BLOCK, 0];
  const send = (packet: Buffer<ArrayBuffer>) => {
    last = packet;
    socket.send(packet, port, server);
  };
  send(last);
  for (let tries = 0; ; ) {
    const packet = await packets.next(AGAIN_MS);
    if (packet === undefined) {
      tries += 1;
      if (tries === TRIES) throw new Error(`The TFTP server ${server} does not answer for ${path}.`);
      send(last);
      continue;
    }
    const code = packet.bytes.readUInt16BE(0);
    if (code === ERROR) {
      if (packet.bytes.readUInt16BE(2) === NOT_FOUND) return undefined;
      throw new Error(
        `The TFTP server refuses ${path}: ${packet.bytes.toString('latin1', 4).replace(/\0$/, '')}`,
      );
    }
    // The data comes from another port than that of the request.
    if (block === 0) port = packet.port;
    if (code === OACK) {
      const agreed = /blksize\0(\d+)\0/.exec(packet.bytes.toString('latin1', 2))?.[1];
      if (agreed !== undefined) length = Number(agreed);
      send(acknowledge(0));
      continue;
    }
    if (code !== DATA) continue;
    const number = packet.bytes.readUInt16BE(2);
    if (number !== ((block + 1) & 0xffff)) continue;
    block += 1;
    tries = 0;
    const data = packet.bytes.subarray(4);
    await file.write(data);
    size += data.length;
    send(acknowledge(number));
    if (data.length < length) return size;
  }
}

function acknowledge(block: number): Buffer<ArrayBuffer> {
  return Buffer.from([0, ACK, block >> 8, block & 0xff]);
}

interface Packets {
  /** The next one, or undefined when none came in so many milliseconds. */
  next(patience: number): Promise<{ readonly bytes: Buffer; readonly port: number } | undefined>;
}

function queueOf(socket: Socket): Packets {
  const waiting: { bytes: Buffer; port: number }[] = [];
  let wake: () => void = () => undefined;
  socket.on('message', (bytes, { port }) => {
    waiting.push({ bytes, port });
    wake();
  });
  return {
    next: async (patience) => {
      if (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, patience);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return waiting.shift();
    },
  };
}

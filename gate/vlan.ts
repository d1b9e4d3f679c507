/**
 * The switch between the client's port and a VLAN, for kernels without 802.1Q: what comes from the client with the tag goes on without it, what
 * is for the client gets it, and what comes without the tag, or with another, does not pass. QEMU's network back ends of the kind `stream` are
 * its wires, a frame behind its length in four bytes, big endian (QEMU's net/stream.c).
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { UndoStack } from '../base/undo-stack.js';

/** EtherType of a tag (IEEE 802.1Q), which stands behind the two addresses and takes this many bytes. */
const TPID = 0x8100;
const ADDRESSES = 12;
const TAG = 4;
/** The priority stands above the id. */
const ID_BITS = 0x0fff;
const LENGTH = 4;
/** More than QEMU sends: who says so sends no frames. */
const MOST_FRAME = 0x2_0000;
/** Bytes that wait for a wire; what is more is lost, as on a switch whose port is too slow. */
const MOST_WAITING = 8 * 1024 * 1024;

/** With the tag. @param frame of Ethernet, without its checksum */
export function tagged(frame: Buffer, id: number): Buffer {
  const tag = Buffer.alloc(TAG);
  tag.writeUInt16BE(TPID, 0);
  tag.writeUInt16BE(id, 2);
  return Buffer.concat([frame.subarray(0, ADDRESSES), tag, frame.subarray(ADDRESSES)]);
}

/** Without the tag; undefined where it does not have this one. */
export function untagged(frame: Buffer, id: number): Buffer | undefined {
  if (frame.length < ADDRESSES + TAG + 2 || frame.readUInt16BE(ADDRESSES) !== TPID) return undefined;
  if ((frame.readUInt16BE(ADDRESSES + 2) & ID_BITS) !== id) return undefined;
  return Buffer.concat([frame.subarray(0, ADDRESSES), frame.subarray(ADDRESSES + TAG)]);
}

/** Takes a stream in whatever pieces it comes, and calls for each frame. @throws Error for a length that no frame has */
export function frames(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= LENGTH) {
      const length = rest.readUInt32BE(at);
      if (length > MOST_FRAME) throw new Error(`a frame of ${length} bytes`);
      const end = at + LENGTH + length;
      if (rest.length < end) break;
      onFrame(rest.subarray(at + LENGTH, end));
      at = end;
    }
    rest = rest.subarray(at);
  };
}

/** A frame as it goes over a wire. */
export function framed(frame: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

export interface VlanSwitch {
  readonly id: number;
  /** Paths of the sockets at which it listens: that of the client's port, and that of the VLAN. */
  readonly trunk: string;
  readonly access: string;
}

/** A port that lost its wire, as when QEMU is started anew, takes the next one. */
export async function openVlanSwitch({ id, trunk, access }: VlanSwitch): Promise<AsyncDisposable> {
  await using stack = new UndoStack();
  const client = stack.use(
    await openPort(trunk, (frame) => {
      const plain = untagged(frame, id);
      if (plain !== undefined) network.send(plain);
    }),
  );
  const network = stack.use(await openPort(access, (frame) => client.send(tagged(frame, id))));
  return stack.move();
}

interface Port extends AsyncDisposable {
  send(frame: Buffer): void;
}

async function openPort(path: string, onFrame: (frame: Buffer) => void): Promise<Port> {
  let wire: Socket | undefined;
  const server = createServer((socket) => {
    wire?.destroy();
    wire = socket;
    const take = frames(onFrame);
    socket.on('data', (chunk) => {
      try {
        take(chunk);
      } catch {
        // Who sends no frames is no wire.
        socket.destroy();
      }
    });
    // QEMU may end in the middle of a frame.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (wire === socket) wire = undefined;
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    send: (frame) => {
      if (wire !== undefined && wire.writableLength < MOST_WAITING) wire.write(framed(frame));
    },
    [Symbol.asyncDispose]: async () => {
      wire?.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const SOCKETS = { trunk: 'vlan-trunk', access: 'vlan-access' } as const;

/** The sockets in a folder, in which each start of QEMU has a working directory of its own. */
export function socketsIn(folder: string): Pick<VlanSwitch, 'trunk' | 'access'> {
  return { trunk: join(folder, SOCKETS.trunk), access: join(folder, SOCKETS.access) };
}

/**
 * QEMU's arguments besides the card's `-netdev`, which is {@link CARD_PORT} with its id: two hubs, that of the card with the network without a
 * tag and a wire to the switch, and that of the VLAN with the other one.
 * @param netdevs kind and options of the two networks, without an id
 */
export function hubArgv(netdevs: { readonly untagged: string; readonly vlan: string }): string[] {
  const plugged = (id: string, netdev: string, hub: number) => [
    ...['-netdev', `${netdev},id=${id}`],
    ...['-netdev', `hubport,id=${id}-port,hubid=${hub},netdev=${id}`],
  ];
  const wire = (path: string) => `stream,server=off,addr.type=unix,addr.path=../${path}`;
  return [
    ...plugged('untagged', netdevs.untagged, CARD_HUB),
    ...plugged('trunk', wire(SOCKETS.trunk), CARD_HUB),
    ...plugged('vlan', netdevs.vlan, VLAN_HUB),
    ...plugged('access', wire(SOCKETS.access), VLAN_HUB),
  ];
}

const CARD_HUB = 0;
const VLAN_HUB = 1;
/** `-netdev` of the card, without its id. */
export const CARD_PORT = `hubport,hubid=${CARD_HUB}`;

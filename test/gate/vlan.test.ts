/** The switch that leads a client of the gate into a VLAN: what passes, and what does not. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { CARD_PORT, framed, frames, hubArgv, openVlanSwitch, tagged, untagged } from '../../gate/vlan.js';
import { type TestFolder, testFolder } from '../artifacts/formats/tools.js';

const ADDRESSES = Buffer.from('ffffffffffff525400a7b33c', 'hex');
const frame = (type: string, text: string) =>
  Buffer.concat([ADDRESSES, Buffer.from(type, 'hex'), Buffer.from(text)]);
const ID = 5;
const PLAIN = frame('0800', 'asks for an address');

it('puts the tag behind the addresses, and takes it off', () => {
  const with5 = tagged(PLAIN, ID);
  expect(with5.toString('hex')).toBe(
    `${ADDRESSES.toString('hex')}81000005${PLAIN.subarray(12).toString('hex')}`,
  );
  expect(untagged(with5, ID)).toEqual(PLAIN);
});

it('takes off no other tag', () => {
  expect(untagged(tagged(PLAIN, 6), ID)).toBeUndefined();
  expect(untagged(PLAIN, ID)).toBeUndefined();
  expect(untagged(tagged(PLAIN, ID).subarray(0, 16), ID)).toBeUndefined();
  // A priority stands beside the id; a tag of a provider is another type.
  const urgent = tagged(PLAIN, ID);
  urgent.writeUInt16BE(0xe000 | ID, 14);
  expect(untagged(urgent, ID)).toEqual(PLAIN);
  const provider = tagged(PLAIN, ID);
  provider.writeUInt16BE(0x88a8, 12);
  expect(untagged(provider, ID)).toBeUndefined();
});

it.each([1, 3, 7, 1000])('finds the frames of a stream in pieces of %i bytes', (size) => {
  const sent = [PLAIN, frame('0806', ''), tagged(PLAIN, ID)];
  const stream = Buffer.concat(sent.map(framed));
  const seen: Buffer[] = [];
  const take = frames((each) => void seen.push(Buffer.from(each)));
  for (let at = 0; at < stream.length; at += size) take(stream.subarray(at, at + size));
  expect(seen).toEqual(sent);
});

it('takes no length for true that no frame has', () => {
  expect(() => frames(() => undefined)(Buffer.from('00ffffff00', 'hex'))).toThrow(
    'a frame of 16777215 bytes',
  );
});

let folder: TestFolder | undefined;
afterEach(() => folder?.[Symbol.asyncDispose]());

async function plug(path: string): Promise<{ socket: Socket; next(): Promise<Buffer> }> {
  const socket = connect(path);
  await once(socket, 'connect');
  const seen: Buffer[] = [];
  const waiting: ((frame: Buffer) => void)[] = [];
  const take = frames((each) => {
    const copy = Buffer.from(each);
    const first = waiting.shift();
    if (first === undefined) seen.push(copy);
    else first(copy);
  });
  socket.on('data', take);
  const next = () =>
    new Promise<Buffer>((resolve) => {
      const first = seen.shift();
      if (first === undefined) waiting.push(resolve);
      else resolve(first);
    });
  return { socket, next };
}

it('leads what has the tag to the network and back, and nothing else, also after QEMU was started anew', async () => {
  folder = await testFolder();
  const sockets = { trunk: folder.at('trunk'), access: folder.at('access') };
  await using _ = await openVlanSwitch({ id: ID, ...sockets });
  for (const start of ['first', 'second']) {
    const client = await plug(sockets.trunk);
    const network = await plug(sockets.access);
    const said = frame('0800', start);
    for (const each of [PLAIN, tagged(PLAIN, 6), tagged(said, ID)]) client.socket.write(framed(each));
    expect(await network.next()).toEqual(said);
    network.socket.write(framed(said));
    expect(await client.next()).toEqual(tagged(said, ID));
    for (const { socket } of [client, network]) {
      socket.destroy();
      await once(socket, 'close');
    }
  }
});

it('joins the card with the network without a tag, and the VLAN with the other one', () => {
  expect([`${CARD_PORT},id=net`, ...hubArgv({ untagged: 'tap,ifname=a', vlan: 'tap,ifname=b' })]).toEqual([
    'hubport,hubid=0,id=net',
    ...['-netdev', 'tap,ifname=a,id=untagged', '-netdev', 'hubport,id=untagged-port,hubid=0,netdev=untagged'],
    ...['-netdev', 'stream,server=off,addr.type=unix,addr.path=../vlan-trunk,id=trunk'],
    ...['-netdev', 'hubport,id=trunk-port,hubid=0,netdev=trunk'],
    ...['-netdev', 'tap,ifname=b,id=vlan', '-netdev', 'hubport,id=vlan-port,hubid=1,netdev=vlan'],
    ...['-netdev', 'stream,server=off,addr.type=unix,addr.path=../vlan-access,id=access'],
    ...['-netdev', 'hubport,id=access-port,hubid=1,netdev=access'],
  ]);
});

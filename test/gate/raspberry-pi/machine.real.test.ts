/**
 * The gate's Raspberry Pi from power-on over a reset to what comes after it, with programs of a few instructions in the place of a kernel:
 * they print, use the board's registers, and are loaded by the firmware over TFTP.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RASPBERRY_PI } from '../../../artifacts/platform/raspberry-pi.js';
import { UndoStack } from '../../../base/undo-stack.js';
import type { Machine } from '../../../gate/machine.js';
import { piMachine } from '../../../gate/raspberry-pi/machine.js';
import { boundsOf } from '../../../gate/request.js';
import { openRuntime } from '../../../gate/runtime.js';
import { startDnsmasq } from '../../../hosts/dhcp/daemon.js';
import { dnsmasqConfig } from '../../../hosts/dhcp/dnsmasq.js';
import { type TestFolder, testFolder } from '../../artifacts/formats/tools.js';
import { openWire, type Wire } from '../../util/wire/wire.js';

/** Registers of the BCM2837 (BCM2835 ARM Peripherals; QEMU's bcm2835_powermgt and dwc2-regs.h). */
const MINI_UART = 0x3f215040;
const WATCHDOG = 0x3f100024;
const RESET = 0x3f10001c;
const USB_PORT = 0x3f980440;
const PASSWORD = 0x5a000000;
const FULL_RESET = 0x20;
const PORT_POWER = 0x1000;
const CONNECT_DETECTED = 1;

/** Instructions of AArch64 (Arm ARM, C6.2): x1 holds an address, w2 a value. */
const load = (wide: boolean, register: number, value: number) => {
  const [move, keep] = wide ? [0xd2800000, 0xf2800000] : [0x52800000, 0x72800000];
  const word = (code: number, half: number) => (code | (half << 5) | register) >>> 0;
  return [word(move, value & 0xffff), word(keep | (1 << 21), value >>> 16)];
};
const store = (address: number, value: number) => [
  ...load(true, 1, address),
  ...load(false, 2, value),
  0xb9000022,
];
const print = (text: string) => [...Buffer.from(text)].flatMap((byte) => store(MINI_UART, byte));
/** Reads until the bit is set. */
const until = (address: number, bit: number) => [
  ...load(true, 1, address),
  0xb9400022,
  (0x36000002 | (bit << 19) | (0x3fff << 5)) >>> 0,
];
const reset = () => [...store(WATCHDOG, PASSWORD | 10), ...store(RESET, PASSWORD | FULL_RESET), 0x14000000];

function program(...instructions: readonly number[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 4);
  for (const [index, each] of instructions.entries()) bytes.writeUInt32LE(each, index * 4);
  return bytes;
}

const MAC = 'b8:27:eb:00:00:41';
const SERIAL = '0000000012345678';
const { signal } = new AbortController();
const bound = (what: string) => ({ patience: boundsOf({ firmware: 'pi3' }).command, what, signal });
const stack = new UndoStack();
let folder: TestFolder;
let wire: Wire;
const serve = async (name: string, content: string | Buffer) => {
  const path = folder.at(`tftp/${name}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

beforeAll(async () => {
  folder = stack.use(await testFolder());
  for (const name of ['bootcode.bin', '12345678/start.elf', '12345678/fixup.dat']) await serve(name, name);
  await serve('12345678/config.txt', 'arm_64bit=1\nkernel=vmlinuz\ndevice_tree=\n');
  await serve('12345678/cmdline.txt', 'quiet\n');
  wire = stack.use(await openWire(signal));
  const conf = dnsmasqConfig({
    interface: wire.bridge,
    range: { first: '10.78.0.50', last: '10.78.0.60', netmask: wire.netmask, leaseSeconds: 600 },
    network: { router: undefined, dns: [] },
    boot: { bios: 'undionly.kpxe', uefi: 'snponly.efi', ipxe: 'boot.ipxe' },
    raspberryPis: [MAC],
    tftpRoot: folder.at('tftp'),
  });
  await writeFile(folder.at('dnsmasq.conf'), conf);
  const more = [`--dhcp-leasefile=${folder.at('leases')}`, '--no-ping'];
  stack.use(
    await startDnsmasq(wire.ports, {
      config: folder.at('dnsmasq.conf'),
      more,
      onLine: () => undefined,
      hint: '',
    }),
  );
});
afterAll(() => stack[Symbol.asyncDispose]());

async function switchedOff(heard: string[]): Promise<Machine> {
  await mkdir(folder.at('run'));
  const runtime = stack.use(await openRuntime(folder.at('run'), wire.ports));
  const hear = (line: string) => void heard.push(line);
  return stack.use(
    piMachine(
      {
        pi: { model: RASPBERRY_PI.gate.model, serial: SERIAL, mac: MAC },
        architecture: 'arm64',
        bridge: wire.bridge,
        netdev: await wire.tap('pi'),
        append: '',
        runtime,
        capture: join(runtime.path, 'network.pcap'),
        onFirmwareLine: hear,
        onConsoleLine: hear,
        onConsolePartial: () => undefined,
        onToolLine: (line) => hear(`qemu: ${line}`),
      },
      wire.ports,
    ),
  );
}

it('plugs a card in again that the USB host has lost, and loads all anew after a reset', async () => {
  const heard: string[] = [];
  const machine = await switchedOff(heard);
  const lost = print('dwc2 3f980000.usb: Not connected\n');
  // What it knew of the card is forgotten by a one in the place of the news.
  const forget = store(USB_PORT, PORT_POWER | (1 << CONNECT_DETECTED));
  const first = program(
    ...forget,
    ...lost,
    ...until(USB_PORT, CONNECT_DETECTED),
    ...print('first\n'),
    ...reset(),
  );
  await serve('12345678/vmlinuz', first);
  // Awaited from the beginning on: after a reset that nobody awaits it goes on by itself.
  const stopped = machine.stopped(bound('its reset'));
  await machine.powerOn();
  await machine.console.expect(/first/, bound('the first program'));
  expect(heard.filter((line) => line.startsWith('USB: '))).toEqual([
    'USB: QEMU’s host has lost the network card; plugged in again (1)',
  ]);
  expect(await stopped).toMatchObject({ event: 'RESET', reason: 'guest-reset' });
  // A machine that begins again by itself would have the first one in its memory.
  await serve('12345678/vmlinuz', program(...print('second\n'), ...reset()));
  await machine.comeBack();
  await machine.console.expect(/second/, bound('the second program'));
  expect(heard.filter((line) => line.startsWith('TFTP: 12345678/vmlinuz '))).toHaveLength(2);
});

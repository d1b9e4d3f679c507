/** A machine over its resets, with programs of a few instructions in the place of a boot loader. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PC } from '../../artifacts/platform/pc.js';
import { Undecided } from '../../gate/broken.js';
import { createMachine, type Machine, type MachineOptions } from '../../gate/machine.js';
import { type QemuOptions, qemuArgv } from '../../gate/qemu.js';
import { DEFAULT_BOUNDS } from '../../gate/request.js';
import { ports, type TestFolder, testFolder } from '../artifacts/formats/tools.js';
import { bootSector, RESET } from './gate-rig.js';

let folder: TestFolder;
let starts: number;
let told: string[];
beforeEach(async () => {
  folder = await testFolder();
  [starts, told] = [0, []];
});
afterEach(() => folder[Symbol.asyncDispose]());

const bound = (what: string) => ({
  patience: DEFAULT_BOUNDS.boot,
  what,
  signal: new AbortController().signal,
});

/** Instructions of the 8086: each letter to the first serial port, once that has sent the last one. */
const print = (text: string) =>
  [...Buffer.from(`${text}\r\n`)].flatMap((letter) => [
    ...[0xba, 0xfd, 0x03, 0xec, 0xa8, 0x20, 0x74, 0xfb],
    ...[0xba, 0xf8, 0x03, 0xb0, letter, 0xee],
  ]);
/** A jump to itself. */
const FOR_EVER = [0xeb, 0xfe];
/** The soft-off of the machine's ACPI: port 604h, SLP_EN of S5 (QEMU's docs/specs, q35). */
const POWER_OFF = [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4];

/** OVMF asks the network for minutes before it comes to its shell. */
const withoutCard = (argv: readonly string[]) =>
  argv.filter((each, index) => ![each, argv[index + 1]].some((one) => one?.startsWith('virtio-net-pci')));

/** The second that it boots from. */
const diskOf = (file: string) => [
  ...['-drive', `if=none,id=disk,format=raw,file=${file}`],
  ...['-device', 'virtio-blk-pci,drive=disk,bootindex=1'],
];

/** The firmware reads no disk that has less than a cylinder. */
const boots = (...code: readonly number[]) =>
  writeFile(folder.at('disk'), Buffer.concat([bootSector(...code), Buffer.alloc(1 << 20)]));

/** It boots from the file `disk` of the folder. */
function switchedOff(more: Partial<QemuOptions> = {}, change: Partial<MachineOptions> = {}): Machine {
  return createMachine(ports, {
    argv: ({ capture }) => {
      starts += 1;
      const argv = qemuArgv({
        firmware: 'bios',
        accelerator: 'tcg',
        mac: '52:54:00:00:00:01',
        netdev: 'user,id=net,restrict=on',
        optionRom: false,
        capture,
        ...more,
      });
      const [qemu, ...rest] = argv;
      return more.firmware === 'uefi'
        ? [qemu, ...withoutCard(rest)]
        : [...argv, ...diskOf(folder.at('disk'))];
    },
    runtime: { path: folder.path, shortPath: folder.path },
    capture: folder.at('network.pcap'),
    onConsoleLine: () => undefined,
    onConsolePartial: () => undefined,
    onToolLine: (line) => void told.push(line),
    ...change,
  });
}

it('waits after a reset that is awaited, begins anew, and tells a power-off from it', async () => {
  await using machine = switchedOff();
  await boots(...print('first'), ...RESET);
  const stopped = machine.stopped(bound('its reset'));
  await machine.powerOn();
  expect(await stopped).toEqual({ event: 'RESET', reason: 'guest-reset' });
  await machine.console.expect(/first/, bound('the first program'));
  await boots(...print('second'), ...POWER_OFF);
  await machine.comeBack();
  await machine.console.expect(/second/, bound('the second program'));
  expect(await machine.stopped(bound('its power-off'))).toEqual({
    event: 'SHUTDOWN',
    reason: 'guest-shutdown',
  });
  await expect(machine.stopped(bound('more'))).rejects.toThrow('The machine was gone before more.');
  await expect(machine.console.expect(/third/, bound('more'))).rejects.toThrow(
    'The machine stopped before more.',
  );
  expect([starts, told]).toEqual([2, []]);
});

it('whose QEMU is ended from outside says nothing of its client', async () => {
  await using machine = switchedOff();
  await boots(...print('first'), ...FOR_EVER);
  await machine.powerOn();
  await machine.console.expect(/first/, bound('the first program'));
  const stopped = machine.stopped(bound('more'));
  const doing = 'end QEMU as a host without memory does';
  await Promise.all([
    expect(stopped).rejects.toBeInstanceOf(Undecided),
    ports.run(['pkill', '-KILL', '-f', `qemu-system.*${folder.path}`], { doing }),
  ]);
  await expect(machine.console.expect(/more/, bound('more'))).rejects.toBeInstanceOf(Undecided);
  expect(await machine.over).toBeInstanceOf(Undecided);
});

it('goes on by itself after a reset that nobody awaits', async () => {
  await using machine = switchedOff(
    {},
    {
      // The next start finds another program.
      onConsoleLine: (line) => void (line.includes('first') && boots(...print('second'), ...POWER_OFF)),
    },
  );
  await boots(...print('first'), ...RESET);
  await machine.powerOn();
  await machine.console.expect(/first[\s\S]*second/, bound('both programs'));
  await expect(machine.console.expect(/third/, bound('more'))).rejects.toThrow(
    'The machine stopped before more.',
  );
  expect(told[0]).toBe('The client has reset itself (1); QEMU is started anew.');
  expect(told).toHaveLength(starts - 1);
});

it('tells of a client that resets itself again and again', async () => {
  await using machine = switchedOff();
  await boots(...RESET);
  await machine.powerOn();
  const why = 'The client resets itself again and again: 6 times, and nobody asked for it.';
  await expect(machine.console.expect(/login/, bound('the login prompt'))).rejects.toThrow(why);
  expect(starts).toBe(6);
});

it('keeps the packets of all starts in one file', async () => {
  await using machine = switchedOff({ optionRom: true });
  await boots(...print('here'), ...FOR_EVER);
  const capture = () => readFile(folder.at('network.pcap'));
  await machine.powerOn();
  // Without a boot file its card's ROM goes on to the disk.
  await machine.console.expect(/here/, bound('the program'));
  await machine[Symbol.asyncDispose]();
  const once = timesOf(await capture());
  expect(once.length).toBeGreaterThan(0);
  await mkdir(folder.at('again'));
  await using again = switchedOff(
    { optionRom: true },
    { runtime: { path: folder.at('again'), shortPath: folder.at('again') } },
  );
  await boots(...print('here'), ...RESET);
  const reset = again.stopped(bound('its reset'));
  await again.powerOn();
  await reset;
  await boots(...print('there'), ...FOR_EVER);
  await again.comeBack();
  await again.console.expect(/there/, bound('the program'));
  await again[Symbol.asyncDispose]();
  const twice = timesOf(await capture());
  expect(twice.length).toBeGreaterThan(once.length);
  expect(twice).toEqual([...twice].sort((a, b) => a - b));
});

/** Seconds of each packet; the file must be whole (pcap-savefile(5)). */
function timesOf(pcap: Buffer): number[] {
  const times: number[] = [];
  let at = 24;
  while (at < pcap.length) {
    times.push(pcap.readUInt32LE(at) + pcap.readUInt32LE(at + 4) / 1e6);
    at += 16 + pcap.readUInt32LE(at + 8);
  }
  expect(at).toBe(pcap.length);
  return times;
}

it('keeps what UEFI has in its variables over a reset', async () => {
  const variables = folder.at('variables.fd');
  await writeFile(variables, await readFile(PC.gate.flash.variables.path));
  await using machine = switchedOff({ firmware: 'uefi', variables });
  await machine.powerOn();
  // Nothing boots: the firmware has a shell of its own.
  const shell = async () => {
    await machine.console.expect(/Shell> /, bound('the shell of UEFI'));
  };
  await shell();
  const variable = 'setvar lunsmith -guid 6c756e73-6d69-7468-0000-000000000001';
  machine.console.send(`${variable} -nv -bs -rt =5AA5\r`);
  await shell();
  const reset = machine.stopped(bound('its reset'));
  machine.console.send('reset\r');
  expect(await reset).toEqual({ event: 'RESET', reason: 'guest-reset' });
  machine.console.skip();
  await machine.comeBack();
  await shell();
  machine.console.send(`${variable}\r`);
  await machine.console.expect(/5A A5/i, bound('the variable'));
});

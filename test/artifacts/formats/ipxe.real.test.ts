import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { sanbootScript, setSetting } from '../../../artifacts/formats/ipxe.js';
import { ports, testFolder } from './tools.js';

/** What iPXE prints when it runs a script, until a line matches. */
async function runScript(script: string, end: RegExp): Promise<string[]> {
  await using folder = await testFolder();
  await writeFile(folder.at('script.ipxe'), script);
  const lines: string[] = [];
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  await using machine = await ports.start(
    [
      'qemu-system-x86_64',
      '-nodefaults',
      ...['-machine', 'q35,graphics=off'],
      ...['-accel', 'tcg'],
      ...['-m', '256'],
      ...['-display', 'none'],
      ...['-serial', 'stdio'],
      ...['-netdev', 'user,id=net,restrict=on'],
      ...['-device', 'virtio-net-pci,netdev=net,romfile='],
      ...['-kernel', '/usr/lib/ipxe/ipxe.lkrn'],
      ...['-initrd', folder.at('script.ipxe')],
    ],
    {
      doing: 'run a script in iPXE',
      quiet: true,
      onLine: (line) => {
        lines.push(line.trimEnd());
        if (end.test(line)) over();
      },
    },
  );
  await Promise.race([ended, machine.ended]);
  return lines;
}

it('makes settings whose values iPXE gives back as they were', async () => {
  const values = ['plain-1.2:3/4', 'two  words', '${net0/mac}', 'a;b || c && d # e', '-x', '"quoted"'];
  const script = [
    '#!ipxe',
    ...values.flatMap((value, index) => [
      setSetting(`value-${index}`, value),
      `echo [${index}] \${value-${index}:hex}`,
    ]),
    'echo [done]',
    '',
  ].join('\n');
  const lines = await runScript(script, /^\[done\]/);
  const hex = (value: string) =>
    Buffer.from(value)
      .toString('hex')
      .replaceAll(/..(?=.)/g, '$&:');
  expect(lines.filter((line) => /^\[\d\]/.test(line))).toEqual(
    values.map((value, index) => `[${index}] ${hex(value)}`),
  );
});

it('tries as often as it is told, and then gives up', async () => {
  const script = sanbootScript('EFI/BOOT/BOOTX64.EFI').replace(
    '#!ipxe\n',
    `#!ipxe\nifconf -c dhcp net0\nset san-uri iscsi:10.0.2.2:::1:iqn.2026-01.org.example:disk\nset boot-tries 2\n`,
  );
  const lines = await runScript(script, /giving up/);
  expect(lines.filter((line) => line.startsWith('SAN boot'))).toEqual([
    'SAN boot, attempt 1',
    'SAN boot failed, next attempt in 5 seconds',
    'SAN boot, attempt 2',
    'SAN boot failed, giving up',
  ]);
});

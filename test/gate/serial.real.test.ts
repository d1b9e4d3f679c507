import { open } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Qmp } from '../../gate/qmp.js';
import { openSerial } from '../../gate/serial.js';
import { ports, testFolder } from '../artifacts/formats/tools.js';

it('follows what is printed and hands on what is typed', async () => {
  await using folder = await testFolder();
  await using serial = await openSerial(folder.path, ports);
  await using printer = await open(folder.at('serial.out'), 'w');
  await using keyboard = await open(folder.at('serial.in'), 'r');
  let seen = '';
  await printer.write('first ');
  const told: unknown[] = [];
  const qmp: Qmp = { execute: async (...command) => void told.push(command) };
  await serial.connect(qmp, (chunk) => (seen += chunk.toString()));
  expect(told).toEqual([
    [
      'chardev-change',
      { id: 'serial', backend: { type: 'file', data: { out: 'serial.out', in: 'serial.in' } } },
    ],
  ]);
  await printer.write('x'.repeat(200_000));
  await serial.catchUp();
  expect(seen).toBe(`first ${'x'.repeat(200_000)}`);
  serial.type('user\n');
  serial.type('password\n');
  const typed = Buffer.alloc(14);
  for (let at = 0; at < typed.length; ) at += (await keyboard.read(typed, at)).bytesRead;
  expect(typed.toString()).toBe('user\npassword\n');
});

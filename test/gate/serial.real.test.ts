import { open } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { openSerial } from '../../gate/serial.js';
import { ports, testFolder } from '../artifacts/formats/tools.js';

it('follows what is printed and hands on what is typed', async () => {
  await using folder = await testFolder();
  await using serial = await openSerial(folder.path, ports);
  await using printer = await open(folder.at('serial.out'), 'w');
  await using keyboard = await open(folder.at('serial.in'), 'r');
  let seen = '';
  await printer.write('first ');
  serial.follow((chunk) => (seen += chunk.toString()));
  await printer.write('x'.repeat(200_000));
  await serial.catchUp();
  expect(seen).toBe(`first ${'x'.repeat(200_000)}`);
  serial.type('user\n');
  serial.type('password\n');
  const typed = Buffer.alloc(14);
  for (let at = 0; at < typed.length; ) at += (await keyboard.read(typed, at)).bytesRead;
  expect(typed.toString()).toBe('user\npassword\n');
});

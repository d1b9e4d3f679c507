import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createRedactor } from '../../gate/redact.js';
import { testFolder } from '../artifacts/formats/tools.js';

it('hides secrets in a line, the longer ones first', () => {
  const redactor = createRedactor(['secret-1', 'secret-1-and-more']);
  expect(redactor.text('a secret-1 b secret-1-and-more c')).toBe('a ******** b ******** c');
});

it('overwrites secrets in a file, also across the borders of its chunks', async () => {
  await using folder = await testFolder();
  const secret = 'sixteen-letters!';
  const bytes = Buffer.alloc(3 << 20, 'x');
  for (const at of [0, (1 << 20) - 3, (2 << 20) - 16, (3 << 20) - 16]) bytes.write(secret, at);
  await writeFile(folder.at('capture'), bytes);
  await createRedactor([secret]).file(folder.at('capture'));
  const after = await readFile(folder.at('capture'));
  expect(after.length).toBe(bytes.length);
  expect(after.includes(secret)).toBe(false);
  expect(after.toString('latin1').replaceAll(/[^*]/g, '').length).toBe(4 * 16);
});

it('takes a file that is not there for a clean one', async () => {
  await using folder = await testFolder();
  await createRedactor(['secret-1']).file(folder.at('absent'));
});

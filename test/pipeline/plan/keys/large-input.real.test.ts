import { open } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { digestInput } from '../../../../pipeline/plan/keys/input-files.js';
import { testFolder } from '../../../artifacts/formats/tools.js';

it('a file that is larger than what Node reads into memory at once has a digest', async () => {
  await using folder = await testFolder();
  await using file = await open(folder.at('large'), 'w');
  await file.truncate(2 ** 31);
  expect(await digestInput(folder.at('large'))).toMatch(/^[0-9a-f]{64}$/);
});

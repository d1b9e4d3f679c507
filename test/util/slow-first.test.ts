import { access } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { SLOW } from './slow-first.js';

it.each(SLOW)('%s is there', async (file) => {
  await expect(access(file)).resolves.toBeUndefined();
});

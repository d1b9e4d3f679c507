import { mkdir, readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import { testFolder } from '../artifacts/formats/tools.js';
import type { RuntimeInside } from '../inside/runtime.js';

it('is gone after an abort too, so that the folder of the boot can go', async () => {
  await using folder = await testFolder();
  const payload: RuntimeInside = { scratch: folder.at('scratch') };
  await mkdir(payload.scratch);
  const job = { module: 'test/inside/runtime.js', payload, network: 'own' } as const;
  await enterSandbox(job, () => undefined, new AbortController().signal);
  expect(await readdir(folder.path)).toEqual([]);
});

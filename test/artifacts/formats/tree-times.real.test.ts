import { expect, it } from 'vitest';
import { enterSandbox } from '../../../pipeline/sandbox/enter.js';
import type { TimesInside } from '../../inside/times.js';
import { testFolder } from './tools.js';

it('keeps the time of a directory whose content is copied into the layer many at once', async () => {
  await using folder = await testFolder();
  const times = { early: 900_000_000, late: 1_500_000_001, epoch: 1_000_000_000 };
  const payload: TimesInside = { folder: folder.path, folders: 600, ...times };
  const job = { module: 'test/inside/times.js', payload, network: 'own' } as const;
  const result = await enterSandbox(job, () => undefined, new AbortController().signal);
  // The tree’s own root is one more: its layer is new.
  expect(result).toEqual({ set: 601, early: times.early, late: [times.epoch] });
});

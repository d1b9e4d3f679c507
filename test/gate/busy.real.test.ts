/** The gate, its servers and its client on a processor that others want too. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { RunningTool } from '../../base/ports.js';
import { ports } from '../artifacts/formats/tools.js';
import { HALT, runCell } from './gate-rig.js';

// They take as long as the host lets them.
vi.setConfig({ testTimeout: 600_000 });

const PROCESSOR = 0;
/** With four that never rest, a fifth of the processor is left. */
const OTHERS = 4;

let others: RunningTool[];
beforeAll(async () => {
  const argv = ['taskset', '--cpu-list', String(PROCESSOR), 'sh', '-c', 'while :; do :; done'] as const;
  others = await Promise.all(
    Array.from({ length: OTHERS }, () => ports.start(argv, { doing: 'keep a processor busy' })),
  );
});
afterAll(async () => {
  await Promise.all(others.map((other) => other[Symbol.asyncDispose]()));
});

it('a good release is proven', async () => {
  const cell = { firmware: 'bios', path: 'san', secret: 'wrong' } as const;
  expect(await runCell({ cell, processor: PROCESSOR })).toMatchObject({ passed: true });
});

it('a client that halts is found', async () => {
  const outcome = await runCell({ sector: HALT, processor: PROCESSOR });
  expect(outcome).toMatchObject({
    passed: false,
    checks: [{ found: expect.stringMatching(/^The client stands still/) as string }],
  });
});

/** What the kernel tells of real processes. */
import { expect, it } from 'vitest';
import { createVitals } from '../../gate/vitals.js';
import { ports } from '../artifacts/formats/tools.js';

it('counts what a descendant works, and what it waits for a processor', async () => {
  // Two that want the same processor: one works while the other waits.
  const busy = (name: string) =>
    ports.start(['taskset', '--cpu-list', '0', 'sh', '-c', 'while :; do :; done'], { doing: `be ${name}` });
  await using first = await busy('busy');
  await using second = await busy('busy too');
  const look = createVitals([first.pid, second.pid]);
  const start = await look();
  let now = start;
  // The kernel tells of it sooner or later, however busy the host is.
  while (now.worked - start.worked < 0.3 || now.owed - start.owed < 0.3) now = await look();
  expect(now.at).toBeGreaterThan(start.at);
});

it('is no less than before when a process has ended', async () => {
  const busy = await ports.start(['sh', '-c', 'while :; do :; done'], { doing: 'be busy' });
  const look = createVitals([busy.pid]);
  let worked = 0;
  while (worked < 0.1) ({ worked } = await look());
  await busy[Symbol.asyncDispose]();
  expect((await look()).worked).toBeGreaterThanOrEqual(worked);
});

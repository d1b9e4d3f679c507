import { expect, it } from 'vitest';
import type { Patience } from '../../gate/patience.js';
import { createWatch, type Look } from '../../gate/watch.js';

const PATIENCE: Patience = { idle: 120, silent: 180, work: 600, wall: 3600 };

/** A client that does the same in each second; the clock goes on with every look. */
function client(worked: number, owed = 0, traffic = 0): Look {
  let at = -1;
  return () => {
    at += 1;
    return Promise.resolve({ at, worked: at * worked, owed: at * owed, traffic: at * traffic });
  };
}

const forEver = new AbortController().signal;
const noPause = () => Promise.resolve();

it.each([
  [
    client(0),
    'Broken',
    'The client stands still, with no sign of the login prompt: nothing new on the console and next to no packets for 120 s, and it idles.',
  ],
  [
    client(0.9),
    'Broken',
    'The client turns in circles, with no sign of the login prompt: nothing new on the console and next to no packets for 200 s, and 180 s of processor time used.',
  ],
  [
    client(1, 0, 100_000),
    'Broken',
    'The client has used 600 s of processor time, with no sign of the login prompt.',
  ],
  [
    client(0.1, 0.5, 100_000),
    'Undecided',
    'After 3600 s there is no sign of the login prompt, but the client still works: it had a processor for 360 s, and waited for one, or for a disk, for 1800 s.',
  ],
])('says what the client did', async (look, name, message) => {
  const reason = await createWatch(look, noPause).over(PATIENCE, 'the login prompt', forEver);
  expect(reason).toMatchObject({ name, message });
});

it('takes a line for news once, whatever its numbers, and anew in the next wait', async () => {
  let at = 0;
  const lines = (second: number): string[] => {
    if (second <= 100) return [`Started unit ${'x'.repeat(second)}.`];
    return [
      `[${second}.125] connection1:0: detected conn error (${second})`,
      `[ *** ] A start job is running for x (${second}s)`,
    ];
  };
  const watch = createWatch(
    () => Promise.resolve({ at, worked: 0, owed: 0, traffic: 0 }),
    () => {
      at += 1;
      lines(at).forEach((line) => watch.hear(line));
      return Promise.resolve();
    },
  );
  expect(await watch.over(PATIENCE, 'x', forEver)).toMatchObject({ name: 'Broken' });
  // The hundredth unit, then both lines once.
  expect(at).toBe(101 + 120);
  at = 200;
  await watch.over(PATIENCE, 'x', forEver);
  expect(at).toBe(201 + 120);
});

it('tells how a client lived that stands still: from the begin of the wait to its last sign', async () => {
  let second = 0;
  const watch = createWatch(
    () =>
      Promise.resolve({
        at: second,
        worked: Math.min(second, 100) / 4,
        owed: Math.min(second, 100) / 2,
        traffic: 0,
      }),
    () => {
      second += 1;
      if (second === 100) watch.hear('Timed out waiting for device');
      return Promise.resolve();
    },
  );
  expect(await watch.over(PATIENCE, 'x', forEver)).toMatchObject({
    name: 'Broken',
    lived: [
      { at: 0, worked: 0, owed: 0 },
      { at: 100, worked: 25, owed: 50 },
    ],
  });
});

it('ends with the wait, without a reason', async () => {
  const ended = new AbortController();
  const watch = createWatch(client(0), () => {
    ended.abort();
    return Promise.resolve();
  });
  expect(await watch.over(PATIENCE, 'x', ended.signal)).toBeUndefined();
});

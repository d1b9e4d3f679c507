/** Samples of real boots: none is given up, and whatever milestone a client stops at, it is found. */
import { describe, expect, it } from 'vitest';
import { beginWait, judge, type Outcome, type Sample } from '../../gate/patience.js';
import { DEFAULT_BOUNDS } from '../../gate/request.js';
import boots from './recorded-boots.json' with { type: 'json' };

const PATIENCE = DEFAULT_BOUNDS.boot;

function read(rows: readonly number[][]): Sample[] {
  return rows.map(([at = 0, worked = 0, owed = 0, traffic = 0, news = 0]) => ({
    at,
    worked,
    owed,
    traffic,
    news,
  }));
}

/** The outcome, and its second. */
function outcomeOf(samples: Iterable<Sample>): [Outcome, number] {
  let waited = beginWait({ at: 0, worked: 0, owed: 0, traffic: 0, news: 0 });
  let at = 0;
  for (const sample of samples) {
    const judged = judge(waited, sample, PATIENCE);
    ({ waited } = judged);
    ({ at } = sample);
    if (judged.outcome !== 'goes on') return [judged.outcome, at];
  }
  return ['goes on', at];
}

/** The samples up to a second, and then those of a client of which nothing more is heard. */
function* stopping(samples: readonly Sample[], second: number, share: { worked: number; owed: number }) {
  let last = samples[0] as Sample;
  for (const sample of samples) {
    if (sample.at > second) break;
    last = sample;
    yield sample;
  }
  for (;;) {
    const { at, worked, owed, traffic, news } = last;
    last = { at: at + 1, worked: worked + share.worked, owed: owed + share.owed, traffic, news };
    yield last;
  }
}

describe.each(boots)('a boot $name', ({ samples: rows, milestones }) => {
  const samples = read(rows);

  it('goes on to its login', () => {
    expect(outcomeOf(samples)).toEqual(['goes on', samples.at(-1)?.at]);
  });

  it.each(Object.entries(milestones))('is found if it halts after %s', (_, second) => {
    const [outcome, at] = outcomeOf(stopping(samples, second, { worked: 0.03, owed: 0.01 }));
    expect(outcome).toBe('idles');
    expect(at - second).toBeLessThanOrEqual(PATIENCE.idle * 1.1);
  });

  it.each(Object.entries(milestones))('is found if it turns in circles after %s', (_, second) => {
    const [outcome, at] = outcomeOf(stopping(samples, second, { worked: 0.9, owed: 0.1 }));
    expect(outcome).toBe('works silently');
    expect(at - second).toBeLessThanOrEqual(PATIENCE.silent * 1.2);
  });

  it.each(Object.entries(milestones))('is waited for if the host lets it starve after %s', (_, second) => {
    const [outcome] = outcomeOf(stopping(samples, second, { worked: 0.01, owed: 0.99 }));
    expect(outcome).toBe('not decided');
  });
});

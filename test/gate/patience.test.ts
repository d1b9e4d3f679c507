import { describe, expect, it } from 'vitest';
import { beginWait, judge, type Outcome, type Patience, type Sample } from '../../gate/patience.js';

const PATIENCE: Patience = { idle: 120, silent: 180, work: 600, wall: 3600 };

/** What a client does for a while, in each second of it. */
interface Stretch {
  readonly seconds: number;
  readonly worked?: number;
  readonly owed?: number;
  /** Bytes. */
  readonly traffic?: number;
  readonly news?: number;
}

/** The outcome of these stretches, one after the other, and the second in which it came. */
function outcome(stretches: readonly Stretch[], step = 1): [Outcome, number] {
  let sample: Sample = { at: 1000, worked: 7, owed: 3, traffic: 500, news: 0 };
  let waited = beginWait(sample);
  for (const { seconds, worked = 0, owed = 0, traffic = 0, news = 0 } of stretches) {
    for (let passed = 0; passed < seconds; passed += step) {
      sample = {
        at: sample.at + step,
        worked: sample.worked + worked * step,
        owed: sample.owed + owed * step,
        traffic: sample.traffic + traffic * step,
        news: sample.news + news * step,
      };
      const judged = judge(waited, sample, PATIENCE);
      if (judged.outcome !== 'goes on') return [judged.outcome, sample.at - 1000];
      waited = judged.waited;
    }
  }
  return ['goes on', sample.at - 1000];
}

const BOOT: Stretch = { seconds: 40, worked: 0.9, traffic: 200_000, news: 5 };
/** Two packets each way every five seconds: NOP-Out and NOP-In. */
const RESTING = { traffic: 130 };

describe('a client that comes to nothing', () => {
  it.each<[string, Stretch[], Outcome, number]>([
    ['halts at once', [{ seconds: 9999 }], 'idles', 120],
    ['halts after a boot', [BOOT, { seconds: 9999 }], 'idles', 160],
    ['halts, with an open session', [BOOT, { seconds: 9999, ...RESTING }], 'idles', 160],
    ['ticks while it idles', [BOOT, { seconds: 9999, worked: 0.05 }], 'idles', 167],
    ['seeks a target that is gone', [BOOT, { seconds: 9999, worked: 0.02, traffic: 900 }], 'idles', 163],
    ['turns in circles', [BOOT, { seconds: 9999, worked: 1 }], 'works silently', 220],
    ['polls for ever', [BOOT, { seconds: 9999, worked: 0.7, ...RESTING }], 'works silently', 298],
    ['works on and on, with a sign now and then', [{ seconds: 9999, worked: 0.5, news: 1 }], 'spent', 1200],
  ])('%s', (_, stretches, kind, seconds) => {
    expect(outcome(stretches)).toEqual([kind, seconds]);
  });
});

describe('a client on a busy host', () => {
  it.each<[string, Stretch[], Outcome, number]>([
    ['gets a fifth of a processor', [{ seconds: 500, worked: 0.2, owed: 0.8 }], 'goes on', 500],
    ['gets next to nothing', [{ seconds: 3000, worked: 0.01, owed: 0.99 }], 'goes on', 3000],
    ['waits for a server that gets nothing', [{ seconds: 3000, owed: 1 }], 'goes on', 3000],
    ['is not decided for ever', [{ seconds: 9999, worked: 0.04, owed: 0.96 }], 'not decided', 3600],
    ['is not decided with signs either', [{ seconds: 9999, worked: 0.1, news: 1 }], 'not decided', 3600],
    ['idles between the others’ turns', [{ seconds: 9999, owed: 0.75 }], 'idles', 480],
    ['turns in circles at a quarter', [{ seconds: 9999, worked: 0.25, owed: 0.75 }], 'works silently', 720],
  ])('%s', (_, stretches, kind, seconds) => {
    expect(outcome(stretches)).toEqual([kind, seconds]);
  });
});

describe('a client that waits itself', () => {
  it('may do so for as long as systemd waits for a device', () => {
    expect(outcome([BOOT, { seconds: 95, worked: 0.05 }, BOOT])).toEqual(['goes on', 175]);
  });

  it('begins anew with each new line', () => {
    const pause: Stretch[] = [{ seconds: 100 }, { seconds: 1, news: 1 }];
    expect(outcome([...pause, ...pause, ...pause])).toEqual(['goes on', 303]);
  });

  it('begins anew with what it reads', () => {
    const pause: Stretch[] = [{ seconds: 100 }, { seconds: 1, traffic: 200_000 }];
    expect(outcome([...pause, ...pause, ...pause])).toEqual(['goes on', 303]);
  });
});

it('judges the same when it looks rarely', () => {
  expect(outcome([BOOT, { seconds: 9999 }], 10)).toEqual(['idles', 160]);
  expect(outcome([{ seconds: 500, worked: 0.2, owed: 0.8 }], 10)).toEqual(['goes on', 500]);
});

it('takes what the host owed into account when the host tells of it late', () => {
  const untold: Stretch[] = [{ seconds: 100 }, { seconds: 1, owed: 100 }];
  expect(outcome([...untold, ...untold])).toEqual(['goes on', 202]);
});

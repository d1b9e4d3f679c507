/** Watches the client while something is awaited of it, and says when the wait is over, and why. */
import { setTimeout as delay } from 'node:timers/promises';
import { Broken, Undecided } from './broken.js';
import {
  beginWait,
  idleBetween,
  judge,
  type Outcome,
  type Patience,
  type Sample,
  type Waited,
} from './patience.js';

export interface Watch {
  /** A line of the console. */
  hear(line: string): void;
  /** The reason to wait no longer, once there is one; undefined when the signal came first. */
  over(patience: Patience, what: string, ended: AbortSignal): Promise<Broken | Undecided | undefined>;
}

/** What a look at the client tells: all of a sample but what the console said. */
export type Look = () => Promise<Omit<Sample, 'news'>>;

const PERIOD_MS = 1000;

/** @param pause awaits the time of the next look */
export function createWatch(look: Look, pause: (signal: AbortSignal) => Promise<unknown> = aSecond): Watch {
  const listeners = new Set<Set<string>>();
  return {
    hear: (line) => {
      for (const said of listeners) said.add(withoutNumbers(line));
    },
    over: async (patience, what, ended) => {
      const said = new Set<string>();
      const sample = async (): Promise<Sample> => ({ ...(await look()), news: said.size });
      listeners.add(said);
      try {
        let waited = beginWait(await sample());
        for (;;) {
          await pause(ended);
          if (ended.aborted) return undefined;
          const next = await sample();
          const { waited: now, outcome } = judge(waited, next, patience);
          waited = now;
          if (outcome !== 'goes on') return reasonOf(outcome, waited, next, what);
        }
      } finally {
        listeners.delete(said);
      }
    },
  };
}

function aSecond(signal: AbortSignal): Promise<unknown> {
  return delay(PERIOD_MS, undefined, { signal }).catch(() => undefined);
}

/** What repeats itself with another time, address or count says nothing new. */
function withoutNumbers(line: string): string {
  return line.replaceAll(/\S*\d\S*/g, '').replaceAll(/[^\p{L}]/gu, '');
}

function reasonOf(
  outcome: Exclude<Outcome, 'goes on'>,
  { first, sign }: Waited,
  last: Sample,
  what: string,
): Broken | Undecided {
  const none = `no sign of ${what}`;
  const since = `nothing new on the console and next to no packets for ${whole(last.at - sign.at)} s`;
  const worked = whole(last.worked - first.worked);
  if (outcome === 'idles') {
    return new Broken(`The client stands still, with ${none}: ${since}, and it idles.`, {
      lived: [first, sign],
    });
  }
  if (outcome === 'works silently') {
    const silent = whole(last.worked - sign.worked);
    return new Broken(
      `The client turns in circles, with ${none}: ${since}, and ${silent} s of processor time used.`,
    );
  }
  if (outcome === 'spent') {
    return new Broken(`The client has used ${worked} s of processor time, with ${none}.`);
  }
  const seconds = last.at - first.at;
  const idle = idleBetween(first, last);
  const owed = Math.max(0, seconds - (last.worked - first.worked) - idle);
  return new Undecided(
    `After ${whole(seconds)} s there is ${none}, but the client still works: it had a processor for ${worked} s, and waited for one, or for a disk, for ${whole(owed)} s.`,
  );
}

function whole(seconds: number): string {
  return seconds.toFixed(0);
}

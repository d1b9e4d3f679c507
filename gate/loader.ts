/**
 * The story of a boot of a system that is not ours and asks nobody to log in: to its boot loader. What tells that it was started are its
 * own words on the serial port, where the release says that it has some, and reads of its LUN: more than all that comes before it does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { PC } from '../artifacts/platform/pc.js';
import type { Manifest } from '../artifacts/release/manifest.js';
import type { Broken } from './broken.js';
import { check } from './checks.js';
import { type Play, powerOn, type Subject, screenshot, sessionAtTarget, tellStory } from './play.js';

/** @param reads bytes of the LUN: see `loader` of the manifest */
export function loaderSubject(
  { console = { device: PC.gate.serial, signs: {} } }: Pick<Manifest, 'console'>,
  reads: number,
): Subject {
  const shows = console.signs.loader !== undefined;
  return {
    console,
    end: 'its boot loader',
    boots: (play) => startsLoader(play, shows),
    awaitUp: (play) => awaitLoader(play, { reads, shows }),
  };
}

/** @returns what ended it early */
function startsLoader(play: Play, shows: boolean): Promise<Broken | undefined> {
  const { checks, subject, scene, chain } = play;
  const step = 'boot to its boot loader';
  return tellStory(play, step, async () => {
    await powerOn(play);
    await subject.awaitUp(play);
    const read = await scene.target.bytesRead();
    const shown = shows ? 'it says so on the serial port' : 'told by what was read alone';
    checks.push(check(step, true, `after ${chain.progress.seconds()} s, ${shown}`));
    checks.push(check('reads of the LUN', true, `${read} bytes`));
    checks.push(await sessionAtTarget(play));
    await screenshot(play, 'loader.png');
  });
}

interface LoaderSigns {
  /** Bytes of the LUN. */
  readonly reads: number;
  /** Whether its words are a milestone of the chain. */
  readonly shows: boolean;
}

const LOOK_MS = 200;
/** A pattern that no text has. */
const NEVER = /(?!)/;

/** @throws Broken or Undecided when it does not come; the chain's reason when that ends */
async function awaitLoader({ scene, chain, bounds }: Play, { reads, shows }: LoaderSigns): Promise<void> {
  const { progress } = chain;
  const end = new AbortController();
  const signal = AbortSignal.any([chain.signal, end.signal]);
  const waiting = scene.machine.console
    .expect(NEVER, { patience: bounds.boot, what: 'its boot loader', signal })
    .catch((error: unknown) => {
      if (!end.signal.aborted) throw error;
    });
  const looking = (async () => {
    while (!signal.aborted) {
      const said = progress.reached.some(
        ({ milestone, boot }) => milestone === 'loader' && boot === progress.boot,
      );
      // A session that is over takes its count with it, so that what counts is one session's.
      if ((said || !shows) && (await scene.target.bytesRead()) >= reads) break;
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    if (signal.aborted) return;
    progress.reach('loader');
    end.abort();
  })();
  try {
    await Promise.race([waiting, looking]);
    await waiting;
  } finally {
    end.abort();
    await looking.catch(() => undefined);
  }
}

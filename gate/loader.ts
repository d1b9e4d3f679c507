/**
 * Awaits the boot loader of a system that is not ours and asks nobody to log in. What tells that it was started are its own words on the
 * serial port, where the release says that it has some, and reads of its LUN: more than all that comes before it does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Tgtd } from '../hosts/target/tgt/daemon.js';
import type { Chain } from './chain.js';
import type { Machine } from './machine.js';
import type { GateBounds } from './request.js';

export interface LoaderSigns {
  /** Bytes of the LUN. */
  readonly reads: number;
  /** Whether its words are a milestone of the chain. */
  readonly shows: boolean;
}

export interface LoaderPlay {
  readonly scene: { readonly machine: Pick<Machine, 'console'>; readonly target: Pick<Tgtd, 'bytesRead'> };
  readonly chain: Pick<Chain, 'signal' | 'progress'>;
  readonly bounds: Pick<GateBounds, 'boot'>;
}

const LOOK_MS = 200;
/** A pattern that no text has. */
const NEVER = /(?!)/;

/** @throws Broken or Undecided when it does not come; the chain's reason when that ends */
export async function awaitLoader(
  { scene, chain, bounds }: LoaderPlay,
  { reads, shows }: LoaderSigns,
): Promise<void> {
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

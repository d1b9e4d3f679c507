/** The resets and power-offs of a machine, as QEMU tells of them by its event SHUTDOWN. */
import { Broken } from './broken.js';
import type { QmpEvent } from './qmp.js';
import { type Bound, createWaiting } from './waiting.js';
import type { Watch } from './watch.js';

export interface Stop {
  readonly event: 'RESET' | 'SHUTDOWN';
  /** QEMU's: `guest-reset`, `guest-shutdown`, … */
  readonly reason: string;
}

export interface Stops {
  /** @returns the stop, and whether somebody awaits it; undefined for any other event */
  hear(event: QmpEvent): { readonly stop: Stop; readonly awaited: boolean } | undefined;
  /** No other comes. @param reason default: the machine is gone */
  end(reason?: Error): void;
  forget(): void;
  /** @throws what {@link end} was told, and as {@link Waiting.until} */
  next(bound: Bound): Promise<Stop>;
}

export function createStops(watch: Watch): Stops {
  const seen: Stop[] = [];
  const waiting = createWaiting(watch);
  let ended: { readonly reason: Error | undefined } | undefined;
  let waiters = 0;
  return {
    hear: ({ name, data }) => {
      if (name !== 'SHUTDOWN') return undefined;
      const reason = String(data['reason']);
      // It was told to end at a reset.
      const stop: Stop = { event: reason === 'guest-reset' ? 'RESET' : 'SHUTDOWN', reason };
      const awaited = waiters > 0;
      seen.push(stop);
      waiting.wake();
      return { stop, awaited };
    },
    end: (reason) => {
      // What came first is why.
      ended ??= { reason };
      waiting.wake();
    },
    forget: () => {
      seen.length = 0;
    },
    next: async (bound) => {
      waiters += 1;
      try {
        return await waiting.until(() => {
          const stop = seen.shift();
          if (stop === undefined && ended !== undefined)
            throw ended.reason ?? new Broken(`The machine was gone before ${bound.what}.`);
          return stop;
        }, bound);
      } finally {
        waiters -= 1;
      }
    },
  };
}

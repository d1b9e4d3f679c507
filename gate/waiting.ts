/** Waiting for something that others bring, with an end: patience with the client, and a signal. */
import type { Patience } from './patience.js';
import type { Watch } from './watch.js';

export interface Bound {
  readonly patience: Patience;
  /** What is awaited, for the error: `the login prompt`. */
  readonly what: string;
  /** Ends the wait with its reason. */
  readonly signal: AbortSignal;
}

export interface Waiting {
  /** Something may have come: all waiters look again. */
  wake(): void;
  /**
   * Awaits that `look` finds something.
   * @throws Broken or Undecided when the patience ends, the signal's reason when it aborts, or what `look` throws
   */
  until<T>(look: () => T | undefined, bound: Bound): Promise<T>;
}

export function createWaiting(watch: Watch): Waiting {
  const lookers = new Set<() => void>();
  return {
    wake: () => {
      for (const each of [...lookers]) each();
    },
    until: <T>(look: () => T | undefined, { patience, what, signal }: Bound) =>
      new Promise<T>((resolve, reject) => {
        const ended = new AbortController();
        const settle = (action: () => void) => {
          ended.abort();
          lookers.delete(tryOnce);
          signal.removeEventListener('abort', abort);
          action();
        };
        const abort = () => settle(() => reject(signal.reason as Error));
        const tryOnce = () => {
          try {
            const found = look();
            if (found !== undefined) settle(() => resolve(found));
          } catch (error) {
            fail(error);
          }
        };
        const fail = (error: unknown) =>
          settle(() => reject(error instanceof Error ? error : new Error(String(error))));
        lookers.add(tryOnce);
        signal.addEventListener('abort', abort, { once: true });
        if (signal.aborted) abort();
        else tryOnce();
        if (ended.signal.aborted) return;
        watch.over(patience, what, ended.signal).then((reason) => {
          if (reason !== undefined) fail(reason);
        }, fail);
      }),
  };
}

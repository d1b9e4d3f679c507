/** Waiting for something that others bring, with an end: a bound in seconds, and a signal. */
import { Broken } from './broken.js';

export interface Bound {
  readonly seconds: number;
  /** What is awaited, for the error: `the login prompt`. */
  readonly what: string;
  /** Ends the wait with its reason. */
  readonly signal: AbortSignal;
}

export interface Waiting {
  /** Something may have come: everyone looks again. */
  wake(): void;
  /**
   * Awaits that `look` finds something.
   * @throws Broken when the bound is reached, the signal's reason when it aborts, or what `look` throws
   */
  until<T>(look: () => T | undefined, bound: Bound): Promise<T>;
}

export function createWaiting(): Waiting {
  const lookers = new Set<() => void>();
  return {
    wake: () => {
      for (const each of [...lookers]) each();
    },
    until: <T>(look: () => T | undefined, { seconds, what, signal }: Bound) =>
      new Promise<T>((resolve, reject) => {
        const settle = (action: () => void) => {
          clearTimeout(timer);
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
            settle(() => reject(error instanceof Error ? error : new Error(String(error))));
          }
        };
        const late = () => settle(() => reject(new Broken(`No sign of ${what} within ${seconds} s.`)));
        const timer = setTimeout(late, seconds * 1000);
        lookers.add(tryOnce);
        signal.addEventListener('abort', abort, { once: true });
        if (signal.aborted) abort();
        else tryOnce();
      }),
  };
}

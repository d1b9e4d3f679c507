/** Concurrent work that is cleaned up after: no output may be removed while a task still writes to it. */

/**
 * Waits for all of them, also when one has failed.
 * @returns their values, in order @throws the first failure, in order
 */
export async function allSettled<T extends readonly unknown[]>(
  work: {
    readonly [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  const outcomes = await Promise.allSettled(work as readonly Promise<unknown>[]);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }) as unknown as T;
}

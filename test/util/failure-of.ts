/** What work ends with that is to fail. */
import { Failure } from '../../base/failure.js';

/** @throws Error when it does not fail, or by anything but a Failure */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw error;
}

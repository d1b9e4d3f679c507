/** One task of a stream of events, told of from its beginning to its end. */
import type { Emit } from './event.js';

/** @returns a clock that tells the seconds since this call; it never goes back */
export function stopwatch(): () => number {
  const started = performance.now();
  return () => (performance.now() - started) / 1000;
}

export interface TaskWords<T> {
  /** Why it is done, one reason a line. */
  readonly because?: readonly string[];
  /** Seconds that it took the last time. */
  readonly usually?: number | undefined;
  /** What is worth saying of the result. */
  readonly note?: (result: T) => string | undefined;
  /** Whether a result is a success, for work that returns its failure; default: any result is. */
  readonly passed?: (result: T) => boolean;
}

/**
 * Does the work of a task between the event of its start and the one of its end. What the work throws is thrown on.
 * @param task its id, unique in the stream
 */
export async function runTask<T>(
  emit: Emit,
  task: string,
  work: () => Promise<T>,
  { because = [], usually, note, passed = () => true }: TaskWords<T> = {},
): Promise<T> {
  const seconds = stopwatch();
  emit({
    type: 'task-started',
    task,
    ...(because.length === 0 ? {} : { because }),
    ...(usually === undefined ? {} : { usually }),
  });
  try {
    const result = await work();
    const said = note?.(result);
    emit({
      type: passed(result) ? 'task-finished' : 'task-failed',
      task,
      seconds: seconds(),
      ...(said === undefined ? {} : { note: said }),
    });
    return result;
  } catch (error) {
    emit({ type: 'task-failed', task, seconds: seconds() });
    throw error;
  }
}

/** Turns what apt prints into progress. */
import type { Ports, RunOptions } from '../../../../base/ports.js';
import type { StageContext } from '../../../../pipeline/stage.js';
import { aptProgress } from './progress.js';

export function followApt(ctx: Pick<StageContext<unknown>, 'progress'>): NonNullable<RunOptions['onLine']> {
  const see = aptProgress();
  return (line) => {
    const progress = see(line);
    // Packages come from the pool: what apt calls a download is a copy.
    if (progress === undefined || progress.what === 'download') return;
    ctx.progress(progress.what, progress.done, progress.total, progress.unit);
  };
}

/** The download of package lists, whose total apt does not tell. */
export function followFetch({ emit }: Pick<Ports, 'emit'>): NonNullable<RunOptions['onLine']> {
  const see = aptProgress();
  return (line) => {
    const progress = see(line);
    if (progress?.what !== 'download') return;
    emit({ type: 'progress', what: 'fetch package lists', done: progress.done, unit: 'bytes' });
  };
}

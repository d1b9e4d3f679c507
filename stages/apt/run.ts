/** Turns what apt prints into progress. */
import type { RunOptions } from '../../pipeline/ports.js';
import type { StageContext } from '../../pipeline/stage.js';
import { aptProgress } from './progress.js';

export function followApt(ctx: Pick<StageContext<unknown>, 'progress'>): NonNullable<RunOptions['onLine']> {
  const see = aptProgress();
  return (line) => {
    const progress = see(line);
    if (progress !== undefined) ctx.progress(progress.what, progress.done, progress.total, progress.unit);
  };
}

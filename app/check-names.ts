/** What indexes that were fetched before know of a recipe's packages. No archive is asked. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Emit } from '../base/event.js';
import { Failure } from '../base/failure.js';
import { readLock } from '../pipeline/plan/lock/lock.js';
import { wasResolved } from '../pipeline/plan/lock/remembered.js';
import { openStore } from '../pipeline/store/store.js';
import type { CheckOnlineRequest } from './check-online.js';
import { around } from './prepare.js';
import { resolveInSandbox } from './resolve.js';
import { warnOf } from './warn-of.js';

/**
 * Warns of what the archives did not have when they were last asked, for they may have it now. Says nothing of a recipe with a lock, of one
 * that came to packages before, and of archives whose indexes nobody has fetched.
 */
export async function warnOfNames(
  request: CheckOnlineRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const fetched = ['lists', 'pacman'].some((folder) => existsSync(join(request.store, 'resolve', folder)));
  if (!fetched) return;
  const store = await openStore(request.store);
  for (const plan of request.plans) {
    const { recipe } = plan;
    const surroundings = around({ ...request, store });
    if ((await readLock(recipe.folder)) !== undefined || (await wasResolved(plan, surroundings))) continue;
    const { mirror, registry } = request;
    const asked = { recipe, mirror, state: store.resolve, offline: true };
    const quiet: Emit = () => undefined;
    await resolveInSandbox(
      { ...asked, ...(registry === undefined ? {} : { registry }) },
      quiet,
      signal,
    ).catch((error: unknown) => {
      const { kind, diagnostics } = Failure.from(error);
      if (kind === 'interrupted') throw error;
      // All else is of the indexes, or of this host; a build tells of it.
      if (kind !== 'recipe') return;
      for (const each of diagnostics) warnOf(plan, { ...each, hint: hintOf(each.hint) }, emit);
    });
  }
}

function hintOf(hint = ''): string {
  return `${hint} So it was when the archives were last asked; \`check --online\` asks them now.`.trim();
}

/** What damage to the store means for the user. */
import { Failure } from '../../base/failure.js';
import type { Damage, VerifyReport } from '../../pipeline/store/verify-report.js';
import { damagedName } from './cache.js';
import { shortPath } from './text.js';

/** @throws Failure of kind `integrity` that names all that is damaged and still there */
export function requireSound({ damaged }: VerifyReport, cwd: string): void {
  const [first, ...others] = damaged
    .filter(({ outcome }) => outcome !== 'removed')
    .map((damage) => ({
      what: `The store is damaged: ${damagedName(damage)}.`,
      found: damage.problem,
      hint: whatToDo(damage, cwd),
    }));
  if (first !== undefined) throw new Failure('integrity', [first, ...others]);
}

function whatToDo({ what, outcome, releases }: Damage, cwd: string): string {
  const again = what === 'package' ? 'fetches' : 'makes';
  const mend =
    outcome === 'needed'
      ? 'A running build uses it: run `npx lunsmith cache verify --repair` again when it has ended.'
      : `\`npx lunsmith cache verify --repair\` removes it; the next build ${again} it again.`;
  return releases.length === 0 ? mend : `${mend} ${releaseHint(releases, cwd)}`;
}

/** A release has the very files that are damaged, and a build does not replace one that is there. */
export function releaseHint(releases: readonly string[], cwd: string): string {
  const paths = releases.map((path) => shortPath(path, cwd)).join(', ');
  return `The same files belong to ${paths}: remove that too before you build again.`;
}

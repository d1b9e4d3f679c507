/** What the commands of the cache do, from outside the sandbox. */

import type { Emit } from '../base/event.js';
import { Failure } from '../base/failure.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import type { GarbageReport, GarbageRequest } from '../pipeline/store/garbage/report.js';
import type { Damage, VerifyReport, VerifyRequest } from '../pipeline/store/verify.js';
import type { CacheInside } from './inside/cache.js';
import { damagedName } from './render/cache.js';
import { shortPath } from './render/text.js';

export async function collect(
  request: GarbageRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<GarbageReport> {
  return (await inside({ do: 'gc', request }, emit, signal)) as GarbageReport;
}

export async function verify(request: VerifyRequest, emit: Emit, signal: AbortSignal): Promise<VerifyReport> {
  return (await inside({ do: 'verify', request }, emit, signal)) as VerifyReport;
}

function inside(payload: CacheInside, emit: Emit, signal: AbortSignal): Promise<unknown> {
  return enterSandbox({ module: 'cli/inside/cache.js', payload, network: 'own' }, emit, signal);
}

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

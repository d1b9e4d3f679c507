/** Why an adapter refuses, in the same words for each kind of target. */
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { IscsiSession } from './adapter.js';

/** A target of ours has the name of a foreign one, or a disk that a foreign one offers. */
export interface Strange {
  readonly target: string;
  /** What it has that ours would not have. */
  readonly found: string;
}

export function refuseStrange(strange: readonly Strange[]): void {
  throwAll(
    strange.map(({ target, found }) => ({
      what: `The target ${target} belongs to somebody else.`,
      expected: 'no target of that name but ours',
      found,
      hint: 'Choose another `prefix` for the targets of this host in the site, or remove that target by hand.',
    })),
  );
}

export function refuseBusy(sessions: readonly IscsiSession[]): void {
  throwAll(
    sessions.map(({ target, initiator }) => ({
      what: `The target ${target} has a session.`,
      expected: 'nobody logged in',
      found: initiator,
      hint: 'Shut that client down, wait until its target misses it (a minute with LIO), then run the same command again.',
    })),
  );
}

function throwAll(diagnostics: readonly Diagnostic[]): void {
  const [first, ...rest] = diagnostics;
  if (first !== undefined) throw new Failure('usage', [first, ...rest]);
}

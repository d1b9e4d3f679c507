/** What a failure from the switch on means: the command that failed is not what finishes its change. */
import { Failure } from '../../base/failure.js';
import type { TargetHost } from '../host/host.js';
import type { HostState } from '../host/state.js';
import { readState } from './states.js';

/** Clients see the new state, and something that follows from it is not done. */
export function unfinished(host: TargetHost, error: unknown): Failure {
  const { name } = host.facts;
  return told(error, {
    what: `${name} serves the new state, but what follows from it is not finished.`,
    hint: `Mend what is told below, then run: npx lunsmith repair --on ${name}`,
  });
}

/**
 * The failure of the switch to a state, which may have been made all the same: a connection can break after it.
 * @returns the failure, and whether the former state is served for sure
 */
export async function ofSwitch(
  host: TargetHost,
  { state, next }: { readonly state: HostState; readonly next: HostState },
  error: unknown,
): Promise<{ readonly failure: unknown; readonly former: boolean }> {
  const { name } = host.facts;
  const now = await readState(host).catch(() => undefined);
  if (now?.serial === state.serial) return { failure: error, former: true };
  if (now?.serial === next.serial) return { failure: unfinished(host, error), former: false };
  const failure = told(error, {
    what: `Whether ${name} serves the new state is not known.`,
    hint: `When it can be reached, see what it serves: npx lunsmith status --on ${name}. If that is the new state, run: npx lunsmith repair --on ${name}, else the same command again.`,
  });
  return { failure, former: false };
}

/** What the failure itself says is to be done holds for a command that has changed nothing: it is left out. */
function told(error: unknown, first: { readonly what: string; readonly hint: string }): Failure {
  const { kind, command, diagnostics } = Failure.from(error);
  const below = diagnostics.map(({ hint: _hint, ...rest }) => rest);
  return new Failure(kind, [first, ...below], {
    cause: error,
    ...(command === undefined ? {} : { command }),
  });
}

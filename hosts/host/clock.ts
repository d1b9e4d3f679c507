/** The time by the clock of a host: what is kept there for a time is not judged by those of the machines that call. */
import { Failure } from '../../base/failure.js';
import type { TargetHost } from './host.js';

/** RFC 3339, UTC, in whole seconds. @throws Failure of kind `tool` for a clock that tells no time */
export async function clockOf({ run, facts }: TargetHost): Promise<string> {
  const { stdout } = await run(['date', '-u', '+%s'], {
    doing: `ask ${facts.name} for its time`,
    quiet: true,
  });
  const seconds = /^\d{1,11}$/.exec(stdout.trim())?.[0];
  if (seconds !== undefined) return new Date(Number(seconds) * 1000).toISOString();
  throw new Failure('tool', {
    what: `The clock of ${facts.name} cannot be read.`,
    expected: 'seconds since 1970, by `date -u +%s`',
    found: stdout.trim().slice(0, 80),
  });
}

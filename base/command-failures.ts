/** What is said of a tool that could not be started, failed, or was ended. */
import { Failure } from './failure.js';
import type { Argv, RunOptions } from './ports.js';

const OUT_OF_SPACE = /No space left on device|quota exceeded|ENOSPC|EDQUOT/i;

export function interrupted(options: RunOptions): Failure {
  return new Failure('interrupted', { what: `Interrupted: could not ${options.doing}.` });
}

/** @param code of the error that came of starting it */
export function missingTool(argv: Argv, options: RunOptions, code: string | undefined): Failure {
  return new Failure('host', {
    what: `Cannot ${options.doing}: the program ${argv[0]} could not be started.`,
    found: code ?? 'no process',
    hint: 'Run `npx lunsmith check RECIPE`: it names every missing tool and the command that installs it.',
  });
}

/** @param tail the last lines that it printed */
export function failed(
  argv: Argv,
  options: RunOptions,
  result: { exitCode?: number; signal?: string },
  tail: readonly string[],
  timedOut: boolean,
): Failure {
  const outcome = timedOut
    ? `no end after ${options.timeout} s`
    : result.signal === undefined
      ? `exit code ${result.exitCode}`
      : `ended by ${result.signal}`;
  const command = {
    argv,
    lastLines: tail,
    ...(result.exitCode === undefined ? {} : { exitCode: result.exitCode }),
    ...(result.signal === undefined ? {} : { signal: result.signal }),
  };
  if (tail.some((line) => OUT_OF_SPACE.test(line))) {
    return new Failure(
      'space',
      {
        what: `The disk is full: could not ${options.doing}.`,
        found: `${argv[0]}: ${outcome}`,
        hint: 'Free space where the workspace and the output directory are, then run the same command again.',
      },
      { command },
    );
  }
  return new Failure(
    'tool',
    { what: `Could not ${options.doing}.`, found: `${argv[0]}: ${outcome}` },
    { command },
  );
}

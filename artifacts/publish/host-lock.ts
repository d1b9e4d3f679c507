/**
 * A lock of a target host, by flock(1): a process there holds it, and ends with us or with the connection, however they end.
 * Its file says who holds it, for the one who has to wait.
 */
import type { Ports, RunningTool } from '../../pipeline/ports.js';
import { Failure } from '../failure.js';
import type { TargetHost } from './host.js';

export interface HostLock extends AsyncDisposable {
  readonly path: string;
}

export interface LockOptions {
  /** Absolute path of the lock's file on the host. */
  readonly path: string;
  /** Who takes it and for what, one line: `promote stable, anna@build1 since 12:01`. */
  readonly words: string;
  /** What to do when somebody else holds it. */
  readonly taken: 'wait' | 'fail';
}

/** Exit code when the lock is not free. */
const TAKEN = 75;
const HELD = 'lunsmith-holds-the-lock';
const WAITING = 'lunsmith-waits-after ';
/**
 * `$1`: file; `$2`: our words; `$3`: wait or fail. The words are those of whoever held it last, so they are read only when it
 * is taken. The process that holds it is the one whose input we hold open.
 */
const HOLD = `
umask 022
mkdir -p -- "$(dirname -- "$1")" && exec 9>>"$1" || exit 1
flock -n 9
case $? in
  0) ;;
  1)
    printf '${WAITING}%s\\n' "$(head -n 1 -- "$1")"
    [ "$3" = wait ] || exit ${TAKEN}
    flock 9 || exit 1
    ;;
  *) exit 1 ;;
esac
printf '%s\\n' "$2" >"$1"
echo ${HELD}
exec cat
`;

/** @throws Failure of kind `host` that says who holds it, when we are not to wait; `network` when the host is lost */
export async function takeHostLock(
  host: TargetHost,
  { path, words, taken }: LockOptions,
  { emit, signal }: Pick<Ports, 'emit' | 'signal'>,
): Promise<HostLock> {
  const { name } = host.facts;
  let holder = '';
  let tell: () => void = () => undefined;
  const held = new Promise<'held'>((resolve) => {
    tell = () => resolve('held');
  });
  const heard = (line: string) => {
    if (line === HELD) tell();
    if (!line.startsWith(WAITING)) return;
    holder = line.slice(WAITING.length);
    if (taken === 'wait') emit({ type: 'warning', message: `Waiting for ${name}: ${holder} has it locked.` });
  };
  const tool = await host.start(['sh', '-c', HOLD, 'sh', path, words.replaceAll('\n', ' '), taken], {
    doing: `lock ${name}`,
    quiet: true,
    onLine: heard,
  });
  const outcome = await Promise.race([held, tool.ended]);
  if (outcome === 'held') return { path, [Symbol.asyncDispose]: () => tool[Symbol.asyncDispose]() };
  if (signal.aborted) throw new Failure('interrupted', { what: `Interrupted: could not lock ${name}.` });
  if (outcome.exitCode === TAKEN) {
    throw new Failure('host', {
      what: `Somebody else is changing ${name}.`,
      found: holder,
      hint: 'Wait until that has ended, then run the same command again.',
    });
  }
  throw notLocked(name, path, tool, outcome.exitCode);
}

function notLocked(name: string, path: string, tool: RunningTool, exitCode: number | undefined): Failure {
  const lines = tool.lastLines();
  return new Failure(exitCode === 255 ? 'network' : 'host', {
    what: `Could not lock ${name}.`,
    expected: `${path} on a file system that knows flock(2), and the program flock`,
    found: lines.at(-1) ?? `exit code ${exitCode ?? 'unknown'}`,
    hint: `Run the same command again when ${name} can be reached and has both.`,
  });
}

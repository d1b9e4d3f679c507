/**
 * A lock of a target host, by flock(1): a process there holds it, and ends with us or with the connection, however they end.
 * Its file says who holds it, for a caller that has to wait.
 */

import { Failure } from '../../base/failure.js';
import type { Ports, RunningTool } from '../../base/ports.js';
import { requireWriter } from './account.js';
import { diskRefusal } from './disk-refusals.js';
import type { TargetHost } from './host.js';
import { hostLayout } from './layout.js';

export interface LockOptions {
  /** Absolute path of the lock's file on the host. */
  readonly path: string;
  /** Who takes it and for what, one line: `promote stable, anna@build1 since 12:01`. */
  readonly words: string;
}

const HELD = 'lunsmith-holds-the-lock';
const WAITING = 'lunsmith-waits-after ';
const NO_FLOCK = 'no such program as flock';
/**
 * `$1`: file; `$2`: our words. The file has the words of the last lock holder and the process that it held it with there, so it
 * is read only when the lock is taken. That process is the one whose input we hold open. A write that the last lock holder began
 * may go on for a moment after it (write.ts), and would put its file over ours.
 */
const HOLD = `
umask 022
command -v flock >/dev/null || { echo '${NO_FLOCK}' >&2; exit 1; }
mkdir -p -- "$(dirname -- "$1")" && exec 9>>"$1" || exit 1
flock -n 9
case $? in
  0) ;;
  1)
    { read -r words; read -r process; } <"$1"
    printf '${WAITING}%s %s\\n' "$process" "$words"
    flock 9 || exit 1
    ;;
  *) exit 1 ;;
esac
folder=$(dirname -- "$1")
[ ! -r "$folder" ] || {
  exec 8<"$folder"
  # Those of calls that live are over at once.
  flock -n 8 || { sleep 1; flock -n 8; } || { printf '${WAITING} a write of an earlier call\\n'; flock 8; } || exit 1
  exec 8<&-
}
printf '%s\\n' "$2" "$$" >"$1"
echo ${HELD}
exec cat
`;

/**
 * What would keep the lock from being taken, as far as that can be known without writing.
 * @throws Failure of kind `host`
 */
export async function requireLockable(host: TargetHost): Promise<void> {
  requireWriter(host);
  const { name } = host.facts;
  const { exitCode } = await host.run(['sh', '-c', 'command -v flock >/dev/null'], {
    doing: `look for flock on ${name}`,
    okExitCodes: [0, 1, 127],
    quiet: true,
  });
  if (exitCode !== 0) throw cannotLock(name, hostLayout(host.facts).lock, NO_FLOCK);
}

/**
 * Waits for the lock holder, with a warning that names it.
 * @throws Failure of kind `host` when it cannot be locked at all, `network` when the host is lost
 */
export async function takeHostLock(
  host: TargetHost,
  { path, words }: LockOptions,
  { emit, signal }: Pick<Ports, 'emit' | 'signal'>,
): Promise<AsyncDisposable> {
  requireWriter(host);
  const { name } = host.facts;
  let tell: () => void = () => undefined;
  const held = new Promise<'held'>((resolve) => {
    tell = () => resolve('held');
  });
  const heard = (line: string) => {
    if (line === HELD) tell();
    if (line.startsWith(WAITING)) emit({ type: 'warning', ...waiting(name, line.slice(WAITING.length)) });
  };
  const tool = await host.start(['sh', '-c', HOLD, 'sh', path, words.replaceAll('\n', ' ')], {
    doing: `lock ${name}`,
    quiet: true,
    onLine: heard,
  });
  const outcome = await Promise.race([held, tool.ended]);
  if (outcome === 'held') return tool;
  if (signal.aborted) throw new Failure('interrupted', { what: `Interrupted: could not lock ${name}.` });
  throw notLocked(host.facts, path, tool, outcome.exitCode);
}

/** The machine of a holder may have gone without a word, and its host take hours to notice: so its process is named. */
function waiting(name: string, line: string): { readonly message: string; readonly hint?: string } {
  const [, process = '', holder = ''] = /^(\d*) (.*)$/.exec(line) ?? [];
  const message = `Waiting for ${name}: ${holder === '' ? 'somebody' : holder} has it locked.`;
  if (process === '') return { message };
  return {
    message,
    hint: `It ends by itself, or with its connection. If its machine is gone, end process ${process} on ${name}.`,
  };
}

function notLocked(
  facts: TargetHost['facts'],
  path: string,
  tool: RunningTool,
  exitCode: number | undefined,
): Failure {
  const { name } = facts;
  const lines = tool.lastLines();
  const refused = diskRefusal(facts, lines, `lock ${name}`);
  if (refused !== undefined) return refused;
  const kind = exitCode === 255 ? 'network' : 'host';
  return cannotLock(name, path, lines.at(-1) ?? `exit code ${exitCode ?? 'unknown'}`, kind);
}

function cannotLock(name: string, path: string, found: string, kind: 'network' | 'host' = 'host'): Failure {
  return new Failure(kind, {
    what: `Could not lock ${name}.`,
    expected: `${path} on a file system that knows flock(2), and the program flock`,
    found,
    hint: `Run the same command again when ${name} can be reached and has both.`,
  });
}

/**
 * Locks between builds, by flock(2): the kernel takes them back when their holder dies, however it dies. A small process
 * holds each for us, and dies with us.
 */
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';

/** A lock that is held until it is disposed of. */
export interface Lease extends AsyncDisposable {
  readonly path: string;
}

export interface LeaseOptions {
  /** Default: exclusive. */
  readonly shared?: boolean;
  /** Called once when another process holds it and the wait begins. */
  readonly onWait?: () => void;
}

/** Exit code of flock(1) when the lock is not free. */
const TAKEN = 75;
/** Says that it holds the lock, then holds it. */
const HOLD = 'echo held; exec sleep infinity';

/** Waits for a lock. The file is made if it is not there. */
export async function takeLease(path: string, ports: Ports, options: LeaseOptions = {}): Promise<Lease> {
  const free = await tryLease(path, ports, options);
  if (free !== undefined) return free;
  options.onWait?.();
  const held = await hold(path, ports, [...modeOf(options)]);
  if (held !== undefined) return held;
  throw new Failure(ports.signal.aborted ? 'interrupted' : 'internal', {
    what: `The lock ${path} could not be taken.`,
  });
}

/** The lock, or undefined when another process holds it. */
export async function tryLease(
  path: string,
  ports: Ports,
  options: LeaseOptions = {},
): Promise<Lease | undefined> {
  return hold(path, ports, [...modeOf(options), '--nonblock', `--conflict-exit-code=${TAKEN}`]);
}

function modeOf({ shared }: LeaseOptions): string[] {
  return [shared === true ? '--shared' : '--exclusive'];
}

async function hold(path: string, ports: Ports, options: string[]): Promise<Lease | undefined> {
  let tell: () => void = () => undefined;
  const held = new Promise<true>((resolve) => {
    tell = () => resolve(true);
  });
  // One process from setpriv to sleep, so that the one that is killed after us is the one that holds the lock.
  const flock = ['flock', '--no-fork', ...options, path, 'sh', '-c', HOLD] as const;
  const tool = await ports.start(['setpriv', '--pdeathsig', 'KILL', ...flock], {
    doing: 'take a lock of the store',
    quiet: true,
    onLine: (line) => line === 'held' && tell(),
  });
  const ended = tool.ended.then(({ exitCode }) => exitCode ?? -1);
  const outcome = await Promise.race([held, ended]);
  if (outcome === true) return { path, [Symbol.asyncDispose]: () => tool[Symbol.asyncDispose]() };
  if (outcome === TAKEN || ports.signal.aborted) return undefined;
  throw new Failure('host', {
    what: `The lock ${path} could not be taken.`,
    found: tool.lastLines().join('\n') || `flock ended with ${String(outcome)}`,
    hint: 'The workspace must lie on a file system that knows flock(2): see `--workspace`.',
  });
}

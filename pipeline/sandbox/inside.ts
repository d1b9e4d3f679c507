/**
 * The process inside the sandbox: it loads the module that it is told, calls its `inside` function and sends events
 * and the result back. When the process outside is gone, it ends, and with it, being the first of its pid
 * namespace, everything that it started and mounted.
 */
import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { createPorts, TOOL_PATH } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import type { ToInside, ToOutside } from './protocol.js';

/** What a module that runs inside exports. */
export interface InsideModule {
  readonly inside: (payload: unknown, ports: Ports) => Promise<unknown>;
}

/** O_CLOEXEC as proc_pid_fdinfo(5) shows it. */
const CLOSE_ON_EXEC = 0o2000000;

const abort = new AbortController();

function say(message: ToOutside, sent?: () => void): void {
  process.send?.(message, undefined, undefined, sent);
}

async function work(module: string, payload: unknown): Promise<void> {
  const last = await outcome(module, payload);
  // What is not written yet is lost when the channel closes; nothing else may keep the process alive.
  say(last, () => process.disconnect());
}

async function outcome(module: string, payload: unknown): Promise<ToOutside> {
  try {
    const { inside } = (await import(module)) as InsideModule;
    const ports = createPorts({ emit: (event) => say({ say: 'event', event }), signal: abort.signal });
    return { say: 'result', value: (await inside(payload, ports)) ?? null };
  } catch (error) {
    return { say: 'failure', failure: Failure.from(error).toRecord() };
  }
}

process.on('message', (message: ToInside) => {
  if (message.say === 'abort') abort.abort();
  else {
    Object.assign(process.env, message.environment, { PATH: TOOL_PATH });
    void work(message.module, message.payload);
  }
});
process.on('disconnect', () => process.exit(0));
// As the first process of a pid namespace it gets no signal that it has no handler for.
process.on('SIGTERM', () => abort.abort());
closeInherited();
say({ say: 'ready' });

/**
 * What some program before us left open would reach each one that we start, with the host's folder or socket behind it.
 * Node.js closes the first few on exec by itself, and all of its own.
 */
function closeInherited(): void {
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    if (fd > 2 && !closedOnExec(fd)) closeSync(fd);
  }
}

/** Also when it is closed meanwhile, as that by which the folder was read. */
function closedOnExec(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) !== 0;
  } catch {
    return true;
  }
}

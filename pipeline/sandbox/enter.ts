/**
 * The one re-execution into user + mount + pid + uts (+ network) namespaces. It promises that everything done inside
 * (mounts, processes, addresses) is gone when the call ends, however it ends, kill -9 of either side included; the
 * builds and the boot gate call it. It needs no root: see id-map.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createPorts, TOOL_PATH } from '../../base/command.js';
import type { Emit } from '../../base/event.js';
import { Failure } from '../../base/failure.js';
import { died, interrupted, noNamespaces } from './enter-failures.js';
import { idMapOfUser, mapFileText, mapToolArguments } from './id-map.js';
import type { ToInside, ToOutside } from './protocol.js';

export interface SandboxJob {
  /** The module to run inside, relative to the project's compiled root, e.g. `app/inside/build.js`. */
  readonly module: string;
  /** A JSON value for its `inside` function. */
  readonly payload: unknown;
  /** The inside gets the user's terminal as file descriptors {@link TERMINAL_FDS}. Default false. */
  readonly terminal?: boolean;
  /** `host`: the host's network; `own`: a network namespace with nothing in it but lo, down. */
  readonly network: 'host' | 'own';
}

/** Where a job with a terminal finds it: input, output, errors. 3 is the channel to the outside. */
export const TERMINAL_FDS = [4, 5, 6] as const;

/** What Node.js reads before any of our code runs; all else of the user's environment is told inside. */
const STARTED_WITH = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'];

/** Milliseconds that the inside has to end by itself after an abort; all must be over within 2 s. */
const ABORT_GRACE_MS = 1700;

/**
 * Waits until its ids are mapped, then becomes the namespaces' first process. setpriv comes after the ids have
 * changed, which would clear the parent-death signal (prctl(2)); --kill-child hands it on.
 */
const SHELL = `echo mapped-please && read -r _ && exec setpriv --pdeathsig KILL \\
  unshare --mount --uts --ipc --pid --fork --kill-child=KILL --mount-proc "$@"`;

/** Runs a module inside a new sandbox. @throws Failure: that of the inside, or `host` when no sandbox can be made. */
export async function enterSandbox(job: SandboxJob, emit: Emit, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) throw interrupted();
  const root = compiledRoot();
  const child = spawn(
    'unshare',
    [
      '--user',
      '--',
      'sh',
      '-c',
      SHELL,
      'lunsmith-sandbox',
      ...(job.network === 'own' ? ['--net'] : []),
      '--',
      'sh',
      '-c',
      // Tools that look at the host's name must not write it into an image.
      'hostname lunsmith; exec "$@"',
      'lunsmith-sandbox',
      process.execPath,
      '--enable-source-maps',
      fileURLToPath(new URL('pipeline/sandbox/inside.js', root)),
    ],
    {
      stdio: ['pipe', 'pipe', 'pipe', 'ipc', ...(job.terminal === true ? [0, 1, 2] : [])],
      // Its own group: Ctrl-C at the terminal must reach us alone, we tell the inside in order. With a terminal it stays
      // in our session, without which a shell has no control of its jobs.
      detached: job.terminal !== true,
      env: { ...pick(process.env, STARTED_WITH), PATH: TOOL_PATH },
    },
  );
  const noise: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => keepTail(noise, text));
  let killer: NodeJS.Timeout | undefined;
  const abort = () => {
    tell(child, { say: 'abort' });
    killer = setTimeout(() => child.kill('SIGKILL'), ABORT_GRACE_MS);
  };
  try {
    await giveIds(child, noise);
    return await new Promise((resolve, reject) => {
      let outcome: (() => void) | undefined;
      child.on('message', (message: ToOutside) => {
        if (message.say === 'ready') {
          const { module, payload } = job;
          tell(child, { say: 'go', module: new URL(module, root).href, payload, environment: process.env });
          signal.addEventListener('abort', abort, { once: true });
          if (signal.aborted) abort();
        } else if (message.say === 'event') emit(message.event);
        else if (message.say === 'result') outcome = () => resolve(message.value);
        else outcome = () => reject(Failure.fromRecord(message.failure));
      });
      // Only when all is gone is it over: the next step may need what the sandbox held.
      child.once('close', (exitCode, endedBy) => {
        if (outcome !== undefined) outcome();
        else reject(signal.aborted ? interrupted() : died(exitCode, endedBy, noise));
      });
    });
  } finally {
    clearTimeout(killer);
    signal.removeEventListener('abort', abort);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
}

/** The folder that holds the compiled rooms, also when this file itself runs from source, as under a test runner. */
function compiledRoot(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : '../../', import.meta.url);
}

async function giveIds(child: ChildProcess, noise: readonly string[]): Promise<void> {
  const [stdout, stdin, pid] = [child.stdout, child.stdin, child.pid];
  const started = new Promise<boolean>((resolve) => {
    stdout?.once('data', () => resolve(true));
    child.once('close', () => resolve(false));
    child.once('error', () => resolve(false));
  });
  if (!(await started) || stdin === null || pid === undefined) throw noNamespaces(noise);
  const map = await idMapOfUser();
  if (process.getuid?.() === 0) {
    await writeFile(`/proc/${pid}/uid_map`, mapFileText(map.uid));
    await writeFile(`/proc/${pid}/gid_map`, mapFileText(map.gid));
  } else {
    const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
    const doing = 'map the user namespace’s ids';
    await ports.run(['newuidmap', ...mapToolArguments(pid, map.uid)], { doing });
    await ports.run(['newgidmap', ...mapToolArguments(pid, map.gid)], { doing });
  }
  stdin.write('go\n');
}

function pick(from: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

function tell(child: ChildProcess, message: ToInside): void {
  if (child.connected) child.send(message);
}

function keepTail(lines: string[], text: string): void {
  lines.push(...text.split('\n').filter((line) => line !== ''));
  lines.splice(0, Math.max(0, lines.length - 40));
}

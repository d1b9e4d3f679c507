/**
 * A target host that the system's ssh reaches. Its login shell must be a POSIX shell. Extra options of ssh belong into the
 * user's ssh configuration, or into the file that LUNSMITH_SSH_CONFIG names.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import PQueue from 'p-queue';
import type { Argv, Ports, RunOptions, RunResult } from '../../base/ports.js';
import { shellCommand } from '../../base/shell-word.js';
import type { ForwardedSocket, TargetHost } from './host.js';
import { connectionFailure, onHost } from './ssh/failures.js';
import { openMaster, type SshFacts, type SshMaster } from './ssh/master.js';
import { ABSENT, READ, RUN, STARTED, SURROUNDINGS } from './ssh/scripts.js';
import { writeBy } from './write.js';

/** Sessions at a time: sshd allows 10 for a connection (sshd_config(5), MaxSessions), and we start some that stay. */
const SESSIONS = 5;

/** @param environment of this process: the agent's socket, and the name of a configuration file */
export async function openSsh(
  facts: SshFacts,
  ports: Ports,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<TargetHost> {
  const master = await openMaster(facts, ports, environment);
  const turns = new PQueue({ concurrency: SESSIONS });
  const run = (argv: Argv, options: RunOptions) => turns.add(() => runThere(argv, options));

  async function runThere(argv: Argv, options: RunOptions): Promise<RunResult> {
    // A tool with an input of its own is at that input's end when the connection breaks.
    const alone = options.input === undefined;
    const line = commandLine(alone ? ['sh', '-c', RUN, 'sh', ...argv] : argv, options);
    try {
      return await ports.run(master.session(line), { ...options, env: master.env, holdInput: alone });
    } catch (error) {
      throw await onHost(error, argv, { name: facts.name, doing: options.doing, master });
    }
  }

  return {
    facts,
    run,
    start: (argv, options) =>
      ports.start(master.session(commandLine(['sh', '-c', STARTED, 'sh', ...argv], options)), {
        ...options,
        env: master.env,
        holdInput: true,
      }),
    write: writeBy(run),
    read: async (path) => {
      const { exitCode, stdout } = await run(['sh', '-c', READ, 'sh', path], {
        doing: `read ${path}`,
        quiet: true,
        okExitCodes: [0, ABSENT],
      });
      return exitCode === ABSENT ? undefined : stdout;
    },
    socket: (path) => forward(path, facts.name, master, ports),
    [Symbol.asyncDispose]: () => master[Symbol.asyncDispose](),
  };
}

/** The text for the login shell of the host. */
function commandLine(argv: Argv, { env, cwd }: RunOptions): string {
  if (env !== undefined || cwd !== undefined)
    throw new TypeError(
      `${argv[0]}: a tool on a target host can be given neither a folder nor an environment`,
    );
  return `${SURROUNDINGS} exec ${shellCommand(argv)}`;
}

async function forward(
  path: string,
  name: string,
  master: SshMaster,
  ports: Ports,
): Promise<ForwardedSocket> {
  const here = join(master.folder, randomUUID().slice(0, 8));
  const ask = (request: string) => {
    const doing = `reach the socket ${path} of ${name}`;
    return ports.run(master.control(request, '-L', `${here}:${path}`), {
      doing,
      env: master.env,
      quiet: true,
    });
  };
  await ask('forward').catch((error: unknown) => {
    throw connectionFailure(error, { name, doing: `reach the socket ${path}`, master });
  });
  return {
    path: here,
    // The folder, and with it the socket's name, goes with the connection.
    [Symbol.asyncDispose]: async () => {
      if (await master.alive()) await ask('cancel');
    },
  };
}

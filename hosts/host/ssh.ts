/**
 * A target host that the system's ssh reaches. Its login shell may be any that runs a program. Extra options of ssh belong into the
 * user's ssh configuration, or into the file that LUNSMITH_SSH_CONFIG names.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import PQueue from 'p-queue';
import type { Argv, Ports, RunOptions, RunResult } from '../../base/ports.js';
import { anyShellCommand, shellCommand } from '../../base/shell-word.js';
import { notRoot } from './account.js';
import type { ForwardedSocket, TargetHost } from './host.js';
import { connectionFailure, onHost } from './ssh/failures.js';
import { type KeptShell, keepable, keptShell } from './ssh/kept-shell.js';
import { openMaster, type SshFacts } from './ssh/master.js';
import { ABSENT, asRoot, KEPT, MAY_USE, READ, RUN, STARTED, SURROUNDINGS } from './ssh/scripts.js';
import type { SshMaster } from './ssh/ssh-master.js';
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

  const commandLine = (argv: Argv, options: Pick<RunOptions, 'cwd' | 'env'>) =>
    lineFor(argv, options, facts.transport.sudo === true);
  const { account } = master;

  /** Shells that stay and have nothing to do, the one that was used last behind the others. */
  const idle: KeptShell[] = [];
  /** Sessions that run a tool or wait for one. */
  let sessions = 0;

  async function inKeptShell(argv: Argv, options: RunOptions): Promise<RunResult> {
    let before = idle.pop();
    for (; before?.gone === true; before = idle.pop()) sessions -= 1;
    const shell =
      before ??
      (await keptShell(
        (token) => master.session(commandLine(['sh', '-c', KEPT, 'sh', token], {})),
        master.env,
        ports,
      ));
    if (before === undefined) sessions += 1;
    try {
      return await shell.run(argv, options);
    } finally {
      if (shell.gone) sessions -= 1;
      else idle.push(shell);
    }
  }

  async function inOwnSession(argv: Argv, options: RunOptions): Promise<RunResult> {
    // A tool with an input of its own is at that input's end when the connection breaks.
    const alone = (options.input ?? options.stream) === undefined;
    const line = commandLine(alone ? ['sh', '-c', RUN, 'sh', ...argv] : argv, options);
    sessions += 1;
    try {
      const spare = sessions > SESSIONS ? idle.shift() : undefined;
      if (spare !== undefined) {
        sessions -= 1;
        await spare[Symbol.asyncDispose]();
      }
      return await ports.run(master.session(line), { ...options, env: master.env, holdInput: alone });
    } finally {
      sessions -= 1;
    }
  }

  async function runThere(argv: Argv, options: RunOptions): Promise<RunResult> {
    try {
      return await (keepable(options) ? inKeptShell(argv, options) : inOwnSession(argv, options));
    } catch (error) {
      throw notRoot(
        { account, facts },
        await onHost(error, argv, { name: facts.name, doing: options.doing, master }),
      );
    }
  }

  return {
    facts,
    account,
    run,
    start: (argv, options) =>
      ports.start(master.session(commandLine(['sh', '-c', STARTED, 'sh', ...argv], options)), {
        ...options,
        env: master.env,
        holdInput: true,
      }),
    write: writeBy(run, facts.root),
    read: async (path) => {
      const { exitCode, stdout } = await run(['sh', '-c', READ, 'sh', path], {
        doing: `read ${path}`,
        quiet: true,
        okExitCodes: [0, ABSENT],
      });
      return exitCode === ABSENT ? undefined : stdout;
    },
    socket: (path) => forward(path, { facts, account, run }, master, ports),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(idle.map((shell) => shell[Symbol.asyncDispose]()));
      await master[Symbol.asyncDispose]();
    },
  };
}

/** The text for the login shell of the host. */
function lineFor(argv: Argv, { env, cwd }: Pick<RunOptions, 'cwd' | 'env'>, sudo: boolean): string {
  if (env !== undefined || cwd !== undefined)
    throw new TypeError(
      `${argv[0]}: a tool on a target host can be given neither a folder nor an environment`,
    );
  return anyShellCommand(asRoot(`${SURROUNDINGS} exec ${shellCommand(argv)}`, sudo));
}

async function forward(
  path: string,
  host: Pick<TargetHost, 'facts' | 'account' | 'run'>,
  master: SshMaster,
  ports: Ports,
): Promise<ForwardedSocket> {
  const { name } = host.facts;
  const here = join(master.folder, randomUUID().slice(0, 8));
  // sshd opens it as the user that logs in.
  if (host.account?.uid !== 0) {
    await host.run(['sh', '-c', MAY_USE, 'sh', path], { doing: `reach the socket ${path}`, quiet: true });
  }
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

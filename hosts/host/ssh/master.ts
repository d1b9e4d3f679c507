/**
 * One connection for everything: ssh's control master (ssh_config(5), ControlMaster). It runs `cat` on the host with an input
 * that we hold open: it ends when we do, however we do. Each session over it costs one round trip and no new login.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../base/failure.js';
import type { Argv, Ports, RunningTool } from '../../../base/ports.js';
import { anyShellCommand, shellCommand } from '../../../base/shell-word.js';
import { socketFolder } from '../../../base/socket-folder.js';
import type { HostFacts, Transport } from '../../site/facts.js';
import type { HostAccount } from '../host.js';
import { sshClient } from './client.js';
import { noShell, noSudo, printingAccount, type Refusal } from './failures.js';
import { asRoot, WHO } from './scripts.js';
import type { SshMaster } from './ssh-master.js';

export type SshFacts = HostFacts & { readonly transport: Extract<Transport, { kind: 'ssh' }> };

const READY = 'lunsmith-is-connected';
const ACCOUNT = /^account (\d+) (yes|no) (\/\S*) (.*)$/;
/** Exit code of an ssh that could not connect (ssh(1), EXIT STATUS). */
const NOT_CONNECTED = 255;

/**
 * Connects. The user's ssh configuration applies: ports, keys, agents, jump hosts.
 * @throws Failure of kind `network` when the host cannot be reached or does not let us in, `host` when there is no ssh here
 */
export async function openMaster(
  { name, transport, root }: SshFacts,
  ports: Ports,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<SshMaster> {
  const { destination, port } = transport;
  const folder = await socketFolder('lunsmith-ssh-');
  const socket = join(folder, 'm');
  const { argv: ssh, env } = sshClient(environment, {
    port,
    more: ['ControlMaster=yes', 'ControlPersist=no', `ControlPath=${socket}`],
  });
  const argv: Argv = [...ssh, '--', destination, anyShellCommand(greeting(root, transport.sudo === true))];
  const command = [
    'ssh',
    ...(port === undefined ? [] : ['-p', String(port)]),
    '-o BatchMode=yes',
    destination,
    'true',
  ];
  try {
    const { tool, account } = await connect(argv, env, {
      name,
      login: destination,
      command: command.join(' '),
      ports,
    });
    // Whatever configuration there is concerns the connection alone. Without one, ssh would make a new connection.
    const over = [
      'ssh',
      '-F',
      'none',
      '-S',
      socket,
      '-o',
      'ProxyCommand=false',
      '-o',
      'BatchMode=yes',
    ] as const;
    const control = (request: string, ...options: string[]) =>
      [...over, '-O', request, ...options, '--', destination] as const;
    return {
      folder,
      env,
      account,
      session: (command) => [...over, '-T', '-e', 'none', '--', destination, command],
      control,
      alive: async () => {
        const doing = `see whether ${name} is connected`;
        const asked = await ports.run(control('check'), { doing, env, quiet: true, okExitCodes: [0, 255] });
        return asked.exitCode === 0;
      },
      lastWords: () => tool.lastLines().at(-1),
      [Symbol.asyncDispose]: async () => {
        await tool[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Who we are there, after a first line that nothing may stand before; then it waits for our end. */
function greeting(root: string, sudo: boolean): string {
  const who = asRoot(shellCommand(['sh', '-c', WHO, 'sh', root]), sudo);
  return `echo ${READY} && { ( ${who} ) || echo no-account; } && exec cat`;
}

interface Connecting extends Refusal {
  readonly ports: Ports;
}

async function connect(
  argv: Argv,
  env: Readonly<Record<string, string>>,
  { ports, ...refusal }: Connecting,
): Promise<{ readonly tool: RunningTool; readonly account: HostAccount }> {
  const { name } = refusal;
  const heard: string[] = [];
  let tell: () => void = () => undefined;
  const ready = new Promise<'ready'>((resolve) => {
    tell = () => resolve('ready');
  });
  const tool = await ports.start(argv, {
    doing: `reach the target host ${name} by ssh`,
    env,
    holdInput: true,
    quiet: true,
    onLine: (line, stream) => {
      if (stream === 'stderr') return;
      heard.push(line);
      if (heard[0] !== READY || heard.length === 2) tell();
    },
  });
  const outcome = await Promise.race([ready, tool.ended]);
  const said = tool.lastLines();
  const [first, second = ''] = heard;
  const [, uid, may, at = '', user = ''] = ACCOUNT.exec(second) ?? [];
  if (first === READY && uid !== undefined)
    return { tool, account: { user, uid: Number(uid), mayWrite: may === 'yes', at } };
  await tool[Symbol.asyncDispose]();
  if (ports.signal.aborted)
    throw new Failure('interrupted', { what: `Interrupted: could not reach ${name}.` });
  if (first !== undefined && first !== READY) throw printingAccount(refusal, first);
  if (first === READY) throw noSudo(refusal, said.findLast((line) => line !== READY) ?? second);
  const end =
    outcome === 'ready' ? '' : `ssh ended with ${outcome.signal ?? `exit code ${outcome.exitCode}`}`;
  if (outcome !== 'ready' && outcome.exitCode !== NOT_CONNECTED) throw noShell(refusal, said, end);
  throw new Failure(
    'network',
    {
      what: `Cannot reach the target host ${name} by ssh.`,
      found: said.at(-1) ?? end,
      hint: `See what ssh itself says: ${refusal.command}`,
    },
    { command: { argv, lastLines: said } },
  );
}

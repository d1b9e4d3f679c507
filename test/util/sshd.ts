/** A real sshd on loopback for one test: its own keys, port and configuration, in a temporary folder. */
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { descendants, programOf } from './processes.js';

export interface Sshd extends AsyncDisposable {
  readonly folder: string;
  /** Name of the host in the configuration. */
  readonly destination: string;
  /** For openHost: the client's configuration, and nothing of the user's. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends the daemon and all its connections at once. */
  kill(): Promise<void>;
}

export interface SshdOptions {
  /** More lines of sshd_config(5). */
  readonly lines?: readonly string[];
  /** The shell that is given what a client wants to run, as if it were the login shell: a program and its words before `-c`. */
  readonly shell?: readonly string[];
  /** Shell that is run before each command, as a start-up file is. */
  readonly startUp?: string;
  /** Who logs in; absent: the user who runs the test. */
  readonly user?: string;
  /** The only tools that the host has, besides those of the super-user's folders: busybox's, and these by their paths. */
  readonly busyboxAnd?: readonly string[];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function busyboxTools(folder: string, others: readonly string[]): Promise<string> {
  const tools = join(folder, 'tools');
  await mkdir(tools);
  const names =
    'sh cat wc sync chmod chgrp mv mkdir dirname rm ln ls sleep readlink find sha256sum cp printf rmdir stat test echo kill setsid sed head basename cut dd';
  for (const name of names.split(' ')) await symlink('/usr/bin/busybox', join(tools, name));
  for (const path of others) await symlink(path, join(tools, path.split('/').at(-1) ?? path));
  return tools;
}

function forced({ shell = ['sh'], startUp }: SshdOptions): string[] {
  if (startUp === undefined && shell.length === 1 && shell[0] === 'sh') return [];
  return [
    `ForceCommand ${startUp === undefined ? '' : `${startUp}; `}exec ${shell.join(' ')} -c "$SSH_ORIGINAL_COMMAND"`,
  ];
}

export async function startSshd(ports: Ports, options: SshdOptions = {}): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-sshd-'));
  await chmod(folder, 0o755);
  const at = (name: string) => join(folder, name);
  const port = await freePort();
  const { username, uid } = userInfo();
  // sshd of the super-user wants this empty folder, which a system's start makes: sshd(8), FILES.
  if (uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  for (const key of ['host-key', 'user-key']) {
    await ports.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', key, '-f', at(key)], {
      doing: 'make a key',
    });
  }
  const hostKey = await readFile(at('host-key.pub'), 'utf8');
  await writeFile(at('authorized_keys'), await readFile(at('user-key.pub')));
  await writeFile(at('known_hosts'), `[127.0.0.1]:${port} ${hostKey}`);
  const tools =
    options.busyboxAnd === undefined ? '' : ` PATH=${await busyboxTools(folder, options.busyboxAnd)}`;
  const daemon = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${at('host-key')}`,
    `AuthorizedKeysFile ${at('authorized_keys')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    // No start-up file of the user's own shell.
    `SetEnv HOME=${folder}${tools}`,
    ...forced(options),
    ...(options.lines ?? []),
  ];
  await writeFile(at('sshd_config'), `${daemon.join('\n')}\n`);
  const client = [
    'Host san1',
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    `  User ${options.user ?? username}`,
    `  IdentityFile ${at('user-key')}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${at('known_hosts')}`,
    '  StrictHostKeyChecking yes',
    // None of these may disturb us.
    '  RemoteCommand true',
    '  RequestTTY yes',
    '  LocalForward 127.0.0.1:1 127.0.0.1:1',
  ];
  await writeFile(at('ssh_config'), `${client.join('\n')}\n`);
  let tell: () => void = () => undefined;
  const listening = new Promise<true>((resolve) => {
    tell = () => resolve(true);
  });
  const tool = await ports.start(['/usr/sbin/sshd', '-D', '-e', '-f', at('sshd_config')], {
    doing: 'start sshd',
    onLine: (line) => line.startsWith('Server listening on') && tell(),
  });
  const up = await Promise.race([listening, tool.ended]);
  if (up !== true) throw new Error(`sshd did not start: ${tool.lastLines().join('\n')}`);
  const kill = async () => {
    for (const pid of await descendants(tool.pid)) {
      // What runs behind a connection is not killed when it breaks: it has to notice by itself.
      if (!(await programOf(pid)).startsWith('sshd')) continue;
      await ports.run(['kill', '-KILL', String(pid)], { doing: 'end a connection', okExitCodes: [0, 1] });
    }
    await tool[Symbol.asyncDispose]();
  };
  return {
    folder,
    destination: 'san1',
    environment: { HOME: folder, PATH: '/usr/bin:/bin', LUNSMITH_SSH_CONFIG: at('ssh_config') },
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

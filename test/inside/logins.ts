/**
 * A machine with accounts as they are: their login shells, start-up files, rights and clocks, behind a real sshd; and the command line that
 * reaches each. Runs in a sandbox, whose /etc/passwd, /home, /srv and /run are its own.
 */
import { chmod, chown, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv, Ports } from '../../base/ports.js';
import { createCommandLine } from '../../cli/command-line.js';
import { systemClock } from '../../cli/terminal.js';
import { startTgtd } from '../../hosts/target/tgt/daemon.js';

export interface Login {
  readonly name: string;
  readonly uid: number;
  /** Absolute path of the login shell. */
  readonly shell: string;
  /** Start-up files, relative to the home. */
  readonly files?: Readonly<Record<string, string>>;
  /** Lines of sudoers(5). */
  readonly sudoers?: string;
  /** Its clock is that of /run/clock: see {@link LoginStep}. */
  readonly clock?: true;
}

export type LoginStep =
  | { readonly call: readonly string[] }
  /** The clock of a host goes wrong by so many seconds, and all that lies in this folder has its times from then. */
  | { readonly clock: number; readonly folder: string };

export interface LoginsInside {
  /** Folder with lunsmith.yaml, secrets and releases. */
  readonly home: string;
  readonly logins: readonly Login[];
  /** Folders of hosts, with their owners. */
  readonly roots: Readonly<Record<string, number>>;
  /** One list for each host; they run side by side, each in its order. */
  readonly steps: readonly (readonly LoginStep[])[];
}

export interface LoginCall {
  readonly call: readonly string[];
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const quiet = { doing: 'prepare the machine', quiet: true };
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

export async function inside(payload: LoginsInside, ports: Ports): Promise<LoginCall[][]> {
  const { home, logins, roots, steps } = payload;
  const tool = (...argv: [string, ...string[]]) => ports.run(argv, quiet);
  await tool('ip', 'link', 'set', 'lo', 'up');
  for (const folder of ['/run', '/home', '/srv']) await tool('mount', '-t', 'tmpfs', 'tmpfs', folder);
  for (const folder of ['/run/sshd', '/run/tgtd', '/run/shells']) await mkdir(folder, { mode: 0o755 });
  await symlink('/bin/busybox', '/run/shells/ash');
  await writeFile('/run/clock', '+0');
  await accounts(logins, tool);
  for (const [folder, uid] of Object.entries(roots)) {
    await mkdir(folder, { mode: 0o755 });
    await chown(folder, uid, uid);
  }
  await using _tgtd = await startTgtd(ports, {
    portal: { address: '127.0.0.1', port: 3260 },
    folder: '/run/tgtd',
  });
  await symlink('tgtd.0', '/run/tgtd/socket.0');
  await using _sshd = await sshd(logins, ports);
  process.env['LUNSMITH_SSH_CONFIG'] = '/run/ssh_config';
  return await Promise.all(steps.map((each) => taken(each, home)));
}

async function accounts(
  logins: readonly Login[],
  tool: (...argv: [string, ...string[]]) => Promise<unknown>,
): Promise<void> {
  const lines = (of: (login: Login) => string) => logins.map((login) => `${of(login)}\n`).join('');
  const files = {
    passwd: lines(({ name, uid, shell }) => `${name}:x:${uid}:${uid}::/home/${name}:${shell}`),
    // No password, and not locked: sshd(8), AUTHENTICATION.
    shadow: lines(({ name }) => `${name}:*:19000::::::`),
    sudoers: lines(({ sudoers = '' }) => sudoers),
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join('/etc', name);
    const own = join('/run', name);
    await writeFile(own, (await readFile(path, 'utf8')) + text, { mode: 0o600 });
    await chmod(own, name === 'passwd' ? 0o644 : 0o440);
    await tool('mount', '--bind', own, path);
  }
  for (const { name, uid, files: startUp = {} } of logins) {
    const folder = join('/home', name);
    await mkdir(folder);
    for (const [path, text] of Object.entries(startUp)) {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await tool('chown', '-R', `${uid}:${uid}`, folder);
  }
}

async function sshd(logins: readonly Login[], ports: Ports): Promise<AsyncDisposable> {
  for (const key of ['host', 'user'])
    await ports.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', `/run/${key}`], quiet);
  await writeFile('/run/known', `127.0.0.1 ${await readFile('/run/host.pub', 'utf8')}`);
  const daemon = [
    'ListenAddress 127.0.0.1',
    'HostKey /run/host',
    'AuthorizedKeysFile /run/user.pub',
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 100',
    ...logins
      .filter(({ clock }) => clock === true)
      .flatMap(({ name }) => [
        `Match User ${name}`,
        `SetEnv LD_PRELOAD=${FAKETIME} FAKETIME_TIMESTAMP_FILE=/run/clock NO_FAKE_STAT=1 FAKETIME_DONT_FAKE_MONOTONIC=1`,
      ]),
  ];
  await writeFile('/run/sshd_config', `${daemon.join('\n')}\n`);
  const client = [
    ...logins.flatMap(({ name }) => [`Host ${name}`, `  User ${name}`]),
    'Host *',
    '  HostName 127.0.0.1',
    '  IdentityFile /run/user',
    '  IdentitiesOnly yes',
    '  UserKnownHostsFile /run/known',
    '  HostKeyAlias 127.0.0.1',
  ];
  await writeFile('/run/ssh_config', `${client.join('\n')}\n`);
  let tell: () => void = () => undefined;
  const listening = new Promise<true>((resolve) => {
    tell = () => resolve(true);
  });
  const argv: Argv = ['/usr/sbin/sshd', '-D', '-e', '-f', '/run/sshd_config'];
  const started = await ports.start(argv, {
    doing: 'start sshd',
    onLine: (line) => line.startsWith('Server listening on') && tell(),
  });
  const up = await Promise.race([listening, started.ended]);
  if (up !== true) throw new Error(`sshd did not start: ${started.lastLines().join('\n')}`);
  return started;
}

async function taken(steps: readonly LoginStep[], home: string): Promise<LoginCall[]> {
  const calls: LoginCall[] = [];
  for (const step of steps) {
    if ('call' in step) calls.push(await call(step.call, home));
    else await wrongClock(step.clock, step.folder);
  }
  return calls;
}

async function wrongClock(seconds: number, folder: string): Promise<void> {
  const then = new Date(Date.now() + seconds * 1000);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (!entry.isSymbolicLink()) await utimes(join(entry.parentPath, entry.name), then, then);
  await writeFile('/run/clock', `${seconds < 0 ? '' : '+'}${seconds}`);
}

async function call(args: readonly string[], home: string): Promise<LoginCall> {
  let [out, err] = ['', ''];
  const terminal = {
    stdout: { write: (text: string) => void (out += text) },
    stderr: { write: (text: string) => void (err += text) },
    env: { HOME: home },
    cwd: home,
    clock: systemClock,
  };
  const code = await createCommandLine(terminal, new AbortController().signal).run(args);
  return { call: args, code, out, err };
}

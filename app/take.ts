/**
 * `lunsmith take`: the system of a running machine as a tar that a recipe imports. The machine is read by its own tar over ssh, and
 * nothing is written there; what appears here is whole or not there at all.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { posix } from 'node:path';
import { createPorts } from '../base/command.js';
import { Failure } from '../base/failure.js';
import type { Ports } from '../base/ports.js';
import { requireNothing } from '../base/regular-file.js';
import { partialOf } from '../base/replace-file.js';
import { anyShellCommand, shellCommand } from '../base/shell-word.js';
import { runTask } from '../base/task.js';
import { sshClient } from '../hosts/host/ssh/client.js';
import type { Caller } from './caller.js';
import { keepingData, LOOK, type Machine, mountsBelow, readLook } from './take/look.js';

export interface TakeRequest {
  /** `ssh://[USER@]HOST[:PORT][/PATH]`. */
  readonly machine: string;
  /** Absolute path of the tar, which must not exist. */
  readonly to: string;
  /** Paths there that are left out, absolute, with `*` and `?`. */
  readonly exclude: readonly string[];
  /** Whether root's rights come by `sudo -n`. */
  readonly sudo: boolean;
}

export interface Taken {
  readonly bytes: number;
  readonly sha256: string;
  readonly machine: Pick<Machine, 'system' | 'suite' | 'architecture' | 'services'>;
}

const TASK = 'copy';
/** What a start makes anew, and what was fetched from an archive. */
const NEVER = [
  'dev/*',
  'proc/*',
  'sys/*',
  'run/*',
  'tmp/*',
  'var/tmp/*',
  'lost+found',
  'var/cache/apt/archives/*.deb',
];
/** Of tar(1): some files changed while they were read. */
const CHANGED = 1;
/** Of ssh(1): it could not connect. */
const NOT_CONNECTED = 255;
const FILE_CHANGED =
  /^tar: (.*): (?:file changed as we read it|File removed before we read it|File shrank by .*)$/;

/** @throws Failure of kind `usage` for what cannot be taken, `network` where the machine cannot be reached; no tar is left then */
export async function takeSystem(caller: Caller, request: TakeRequest): Promise<Taken> {
  const { emit, signal } = caller;
  const far = parseMachine(request.machine);
  for (const path of request.exclude) requireAbsolute(path);
  await requireNothing(request.to);
  const ports = createPorts({ emit, signal, task: TASK });
  const { argv, env } = sshClient(caller.env, { port: far.port });
  const there = (script: string, ...args: string[]): readonly [string, ...string[]] => {
    const command = shellCommand(['sh', '-c', script, 'sh', ...args]);
    return [
      ...argv,
      '--',
      far.destination,
      anyShellCommand(request.sudo ? `exec sudo -n -- ${command}` : `exec ${command}`),
    ];
  };
  emit({ type: 'started', work: 'import', subject: request.machine, tasks: [{ id: TASK, title: far.root }] });
  return runTask(emit, TASK, async () => {
    const machine = await look(there(LOOK, far.root), { env, ports, request });
    const { taken, left } = mountsBelow(far.root, machine.mounts);
    if (left.length > 0) {
      const names = left.map(({ at, type }) => `${at} (${type})`).join(', ');
      emit({
        type: 'warning',
        task: TASK,
        message: `File systems that lie elsewhere are left out: ${names}.`,
      });
    }
    if (far.root === '/') tellServices(machine.services, emit);
    const below = (path: string) => `./${posix.relative(far.root, path)}`;
    const excluded = [
      ...NEVER.map((path) => `./${path}`),
      ...[...machine.swapFiles.filter((path) => path.startsWith(far.root)), ...request.exclude].map((path) =>
        path.startsWith('/') && !request.exclude.includes(path) ? below(path) : `.${path}`,
      ),
    ];
    const tar = [
      ...[
        'tar',
        '--create',
        '--numeric-owner',
        '--sparse',
        '--one-file-system',
        '--xattrs',
        '--xattrs-include=*',
      ],
      ...[
        '--anchored',
        '--wildcards',
        '--no-wildcards-match-slash',
        ...excluded.map((path) => `--exclude=${path}`),
      ],
      ...[`--directory=${far.root}`, '--file=-', '--', '.', ...taken.map(below)],
    ];
    const copied = await copy(there('exec "$@"', ...tar), { env, ports, request });
    return { ...copied, machine };
  });
}

interface Doing {
  readonly env: Readonly<Record<string, string>>;
  readonly ports: Ports;
  readonly request: TakeRequest;
}

async function look(argv: readonly [string, ...string[]], { env, ports, request }: Doing): Promise<Machine> {
  const { machine: name, sudo } = request;
  const doing = `look at ${name}`;
  const options = {
    doing,
    env,
    quiet: true,
    okExitCodes: [0, 1, NOT_CONNECTED],
    shown: ['ssh', name],
  } as const;
  const { stdout, stderr, exitCode } = await ports.run(argv, options);
  const said = stderr.trim().split('\n').at(-1) ?? '';
  if (exitCode === NOT_CONNECTED) {
    throw new Failure('network', {
      what: `Cannot reach ${name} by ssh.`,
      found: said === '' ? `exit code ${exitCode}` : said,
      hint: 'ssh must come in without asking: a key, an agent, or an entry in its configuration.',
    });
  }
  const machine = readLook(stdout);
  if (machine === undefined) {
    throw new Failure('usage', {
      what: `${name} does not say what it is.`,
      expected: 'a Linux with a POSIX shell, /proc and tar',
      found: said === '' ? 'no answer' : said,
      ...(sudo ? { hint: 'Its sudo must not ask for a password (sudo -n).' } : {}),
    });
  }
  const refuse = (what: string, found: string, hint: string) => new Failure('usage', { what, found, hint });
  if (machine.uid !== 0)
    throw refuse(
      `Not all files of ${name} can be read.`,
      `a login with the user ID ${machine.uid}`,
      'Log in as root (ssh://root@HOST), or add --sudo where the account may use sudo without a password.',
    );
  if (!machine.tar.includes('GNU tar'))
    throw refuse(
      `${name} has no GNU tar, which keeps extended attributes and holes.`,
      machine.tar,
      'Install it there.',
    );
  if (machine.system === undefined)
    throw refuse(`${name} holds no system.`, 'no etc/os-release', 'Give the root of one: ssh://HOST/PATH.');
  return machine;
}

/** Writes what the machine's tar says; where something goes wrong nothing is left. */
async function copy(
  argv: readonly [string, ...string[]],
  { env, ports, request }: Doing,
): Promise<Pick<Taken, 'bytes' | 'sha256'>> {
  const partial = partialOf(request.to);
  const changed: string[] = [];
  const digest = createHash('sha256');
  let bytes = 0;
  let file: FileHandle | undefined;
  try {
    // It holds the hashes of passwords and the keys of the machine.
    const into = (file = await open(partial, 'wx', 0o600).catch((error: unknown) => {
      throw cannotWrite(request.to, error);
    }));
    const { exitCode, stderr } = await ports.run(argv, {
      doing: `copy the system of ${request.machine}`,
      env,
      quiet: true,
      okExitCodes: [0, CHANGED],
      shown: ['tar', 'over', 'ssh', request.machine],
      onLine: (line) => changed.push(...(FILE_CHANGED.exec(line)?.slice(1) ?? [])),
      onBytes: async (piece) => {
        // Unlike write(), which may write less than it was given where the disk is nearly full.
        await into.writeFile(piece);
        digest.update(piece);
        bytes += piece.length;
        ports.emit({ type: 'progress', task: TASK, what: 'read files', done: bytes, unit: 'bytes' });
      },
    });
    if (exitCode === CHANGED && changed.length === 0) {
      throw new Failure('tool', {
        what: `The system of ${request.machine} was not copied whole.`,
        found: stderr.trim().split('\n').at(-1) ?? '',
      });
    }
    await file.sync();
    await file.close();
    file = undefined;
    await rename(partial, request.to);
  } catch (error) {
    await file?.close();
    await rm(partial, { force: true });
    throw error;
  }
  if (changed.length > 0) {
    ports.emit({
      type: 'warning',
      task: TASK,
      message: `Changed while they were read, and so may be of two times: ${few(changed)}.`,
      hint: 'Logs need not matter. For all else stop what writes them, and take the system again.',
    });
  }
  return { bytes, sha256: digest.digest('hex') };
}

function tellServices(services: readonly string[], emit: Caller['emit']): void {
  const keeping = keepingData(services);
  if (keeping.length > 0) {
    emit({
      type: 'warning',
      task: TASK,
      message: `What these services store cannot be consistent in a copy that is made while they run: ${keeping.join(', ')}.`,
      hint: 'Stop them meanwhile, or dump their data and restore it on the client.',
    });
  }
}

interface Far {
  readonly destination: string;
  readonly port: number | undefined;
  /** Absolute path. */
  readonly root: string;
}

/** @throws Failure of kind `usage` */
export function parseMachine(text: string): Far {
  const url = text.startsWith('ssh://') && URL.canParse(text) ? new URL(text) : undefined;
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
  const user = decodeURIComponent(url?.username ?? '');
  if (
    url === undefined ||
    host === '' ||
    url.password !== '' ||
    url.search !== '' ||
    url.hash !== '' ||
    `${user}${host}`.startsWith('-')
  ) {
    throw new Failure('usage', {
      what: 'This names no machine.',
      expected: 'ssh://[USER@]HOST[:PORT][/PATH]',
      found: url?.password === undefined || url.password === '' ? text : 'an address with a password',
      ...(url?.password ? { hint: 'Log in with a key: a password has no place on a command line.' } : {}),
    });
  }
  return {
    destination: user === '' ? host : `${user}@${host}`,
    port: url.port === '' ? undefined : Number(url.port),
    root: posix.normalize(decodeURIComponent(url.pathname) || '/').replace(/(.)\/$/, '$1'),
  };
}

function requireAbsolute(path: string): void {
  if (path.startsWith('/') && path !== '/') return;
  throw new Failure('usage', {
    what: 'What is left out is named by a path of the system.',
    expected: "an absolute path, such as --exclude '/srv/backup/*'",
    found: path,
  });
}

function cannotWrite(path: string, error: unknown): Failure {
  const { message } = error as Error;
  return new Failure('host', { what: `${path} cannot be written.`, found: message }, { cause: error });
}

function few(names: readonly string[]): string {
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
}

/** A release booted for somebody who tries it by hand: on the gate's machine and network, with its console in the caller's hands. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PC } from '../artifacts/platform/pc.js';
import { type Cell, cellName, cellsOf } from '../artifacts/platform/platform.js';
import { platformOf } from '../artifacts/platform/platforms.js';
import { type Release, readRelease } from '../artifacts/release/release.js';
import { offersBoot } from '../artifacts/release/roles.js';
import { createPorts } from '../base/command.js';
import { Failure } from '../base/failure.js';
import { forward } from '../base/forward.js';
import type { Argv } from '../base/ports.js';
import { socketFolder } from '../base/socket-folder.js';
import { didYouMean } from '../base/suggest.js';
import { UndoStack } from '../base/undo-stack.js';
import { SOCKETS } from '../gate/by-hand.js';
import type { GateAccount } from '../gate/credentials.js';
import type { Accelerator } from '../gate/qemu.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import { requireHost } from '../pipeline/tools.js';
import { claimOf } from '../pipeline/workspace.js';
import { distributions } from '../stages/distribution/index.js';
import { type AcceleratorRequest, acceleratorFor } from './accelerator.js';
import { type Accounts, accountsOf } from './boot/accounts.js';
import type { Caller } from './caller.js';
import type { BootInside } from './inside/boot.js';
import { gateNeeds } from './matrix.js';
import { requireProvable } from './prove.js';

export interface BootRequest {
  /** Folder of the release. */
  readonly release: string;
  /** Name of the cell; default: the first that the release offers. */
  readonly cell?: string | undefined;
  readonly accel: AcceleratorRequest['wanted'];
  readonly ssh: boolean;
  readonly display: boolean;
  /** Absolute path of the LUN that stays, or of a folder for it; default: it is thrown away. */
  readonly keep?: string | undefined;
  readonly workspace: string;
}

/** What is known of a boot by hand from its beginning on. */
export interface BootFacts {
  readonly release: Pick<Release, 'path' | 'digest' | 'manifest'>;
  readonly cell: Cell;
  readonly accelerator: Accelerator;
  /** Made for this try. */
  readonly login: GateAccount;
  /** Absolute path of the LUN that stays. */
  readonly keep: string | undefined;
  /** Whether there is a key to leave by. */
  readonly terminal: boolean;
  /** Undefined where they are not known. */
  readonly accounts: Accounts | undefined;
  /** Port on the loopback. */
  readonly vnc: number | undefined;
}

export type BootNews =
  | { readonly type: 'begin'; readonly facts: BootFacts }
  /** The command that logs in. */
  | { readonly type: 'ssh'; readonly argv: Argv }
  /** Its SSH server does not let root in. @property found in the words of ssh(1) */
  | { readonly type: 'ssh-refused'; readonly port: number; readonly found: string }
  /** @property byItself whether the machine has switched itself off */
  | { readonly type: 'end'; readonly facts: BootFacts; readonly byItself: boolean };

export interface Hands {
  tell(news: BootNews): void;
  /** Puts somebody at the console; ends the socket when they leave, and gives back what was taken when it closes. */
  sit(console: Socket): void;
  /** Whether there is a terminal, and so a key to leave by. */
  readonly terminal: boolean;
}

const LOOK_MS = 1000;

/** Boots it, and waits until it has switched itself off or the person has left. @throws Failure of kind `usage`, `host`, `tool` or `interrupted` */
export async function bootByHand(
  request: BootRequest,
  hands: Hands,
  { emit, signal }: Pick<Caller, 'emit' | 'signal'>,
): Promise<void> {
  const { workspace, ssh, display } = request;
  const release = await readRelease(request.release);
  const { manifest, digest } = release;
  const cell = cellOf(request.cell, release);
  if (ssh) requireSshServer(release);
  if (display) requireScreen(release);
  requireProvable(workspace);
  const keep = await keptAt(request.keep, release);
  const tools = ssh ? ['ssh', 'ssh-keygen'].map((name) => ({ name, package: 'openssh-client' })) : [];
  await requireHost([...gateNeeds([cell]), ...tools]);
  await mkdir(workspace, { recursive: true });
  await using stack = new UndoStack();
  const folder = await socketFolder('lunsmith-boot-');
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const accelerator = await acceleratorFor(
    manifest.platform,
    { wanted: request.accel, workspace },
    emit,
    signal,
  );
  const ports = createPorts({ emit: () => undefined, signal });
  const key = join(folder, 'key');
  if (ssh) {
    const argv = ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'lunsmith-boot', '-f', key] as const;
    await ports.run(argv, { doing: 'make a key for SSH', quiet: true });
  }
  // A disk that stays has the accounts of all tries.
  const name = keep === undefined ? 'lunsmith' : `lunsmith-${randomBytes(2).toString('hex')}`;
  const login = { name, password: randomBytes(4).toString('hex') };
  const sockets = { ssh: join(folder, SOCKETS.ssh), vnc: join(folder, SOCKETS.vnc) };
  const at = (path: string) => forward({ host: LOOPBACK, port: 0 }, () => ({ path }));
  const facts: BootFacts = {
    ...{ release, cell, accelerator, login, keep },
    terminal: hands.terminal,
    accounts: manifest.loader === undefined ? await accountsOf(release) : undefined,
    vnc: display ? stack.use(await at(sockets.vnc)).port : undefined,
  };
  hands.tell({ type: 'begin', facts });
  const server = createServer((console) => {
    hands.sit(console);
    server.close();
  });
  server.listen(join(folder, SOCKETS.console));
  await once(server, 'listening');
  stack.defer(() => Promise.resolve(void server.close()));
  const ended = new AbortController();
  const answered = ssh
    ? tellSsh(
        { key, port: stack.use(await at(sockets.ssh)).port },
        hands,
        AbortSignal.any([signal, ended.signal]),
      )
    : Promise.resolve();
  const payload: BootInside = {
    workspace,
    owner: await claimOf(process.pid),
    gate: {
      ...{ release: release.path, manifest, digest, cell, accelerator, login, display },
      sockets: folder,
      ...(ssh ? { sshKey: (await readFile(`${key}.pub`, 'utf8')).trim() } : {}),
      ...(keep === undefined ? {} : { keep }),
    },
  };
  try {
    const byItself = await enterSandbox(
      { module: 'app/inside/boot.js', payload, network: 'own' },
      emit,
      signal,
    );
    hands.tell({ type: 'end', facts, byItself: byItself === true });
  } finally {
    ended.abort();
    await answered;
  }
}

const LOOPBACK = '127.0.0.1';

/** One that boots: with a wrong secret there is nothing to sit at. */
function cellOf(name: string | undefined, { manifest }: Release): Cell {
  const cells = cellsOf(platformOf(manifest.platform).matrix).filter(
    (cell) => cell.secret === 'right' && offersBoot(manifest, cell),
  );
  const found = name === undefined ? cells[0] : cells.find((cell) => cellName(cell) === name);
  if (found !== undefined) return found;
  const names = cells.map(cellName);
  throw new Failure('usage', {
    what: `The release ${manifest.recipe.name} cannot be booted like that.`,
    expected: names.join(', ') || 'a release with a boot method',
    found: name ?? 'none',
    ...(name === undefined ? {} : didYouMean(name, names)),
  });
}

function requireSshServer({ manifest: { recipe, packages, distribution } }: Release): void {
  const known = distribution === undefined ? undefined : distributions.get(distribution.id);
  const servers = known?.software.packagesFor('ssh-server') ?? [];
  if (packages === undefined || servers.length === 0 || packages.some(({ name }) => servers.includes(name)))
    return;
  throw new Failure('usage', {
    what: `No SSH server is installed in ${recipe.name}.`,
    expected: `${servers.join(' or ')} among its packages`,
    hint: 'Leave `--ssh` out, for the console needs none; or add the package to the recipe, and build again.',
  });
}

function requireScreen({ manifest: { recipe, platform } }: Release): void {
  if (platform === PC.id) return;
  throw new Failure('usage', {
    what: `The screen of ${recipe.name} cannot be shown.`,
    expected: `a release for the platform ${PC.id}`,
    found: platform,
    hint: 'Leave `--display` out: its console is in this terminal.',
  });
}

/** A file in a folder has the name of the release. */
async function keptAt(keep: string | undefined, { manifest, digest }: Release): Promise<string | undefined> {
  if (keep === undefined) return undefined;
  if (keep.includes(',')) {
    throw new Failure('usage', {
      what: 'No LUN can be kept there: tgtd takes no path with a comma.',
      expected: 'a path without a comma',
      found: keep,
    });
  }
  const there = await stat(keep).catch(() => undefined);
  const folder = there?.isDirectory() === true ? keep : dirname(keep);
  if ((await stat(join(folder, 'manifest.json')).catch(() => undefined)) !== undefined) {
    throw new Failure('usage', {
      what: 'No LUN can be kept in the folder of a release: that would be another release then.',
      expected: 'another folder',
      found: keep,
    });
  }
  if (there?.isDirectory() === true) return join(keep, `${manifest.recipe.name}-${digest.slice(0, 12)}.img`);
  return keep;
}

/** Waits until the machine answers, tries whether it lets root in, and tells how. */
async function tellSsh(
  { key, port }: { readonly key: string; readonly port: number },
  hands: Hands,
  signal: AbortSignal,
): Promise<void> {
  const ports = createPorts({ emit: () => undefined, signal });
  const argv = sshCommand(key, port);
  const tried = [
    'ssh',
    ...argv.slice(1, -1),
    '-o',
    'BatchMode=yes',
    '-o',
    'ConnectTimeout=10',
    ...argv.slice(-1),
    'true',
  ] as const;
  while (!signal.aborted) {
    const { exitCode, stderr } = await ports
      .run(tried, { doing: 'try SSH', quiet: true, okExitCodes: [0, 255] })
      .catch(() => ({ exitCode: 255, stderr: '' }));
    if (exitCode === 0) {
      hands.tell({ type: 'ssh', argv });
      return;
    }
    if (stderr.includes('Permission denied')) {
      hands.tell({ type: 'ssh-refused', port, found: stderr.trim().split('\n').at(-1) ?? '' });
      return;
    }
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** To the machine's root; its host key is new at each try. */
function sshCommand(key: string, port: number): Argv {
  const options = [
    'UserKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=no',
    'LogLevel=ERROR',
    'IdentitiesOnly=yes',
  ];
  const args = ['-p', String(port), '-i', key, ...options.flatMap((each) => ['-o', each])];
  return ['ssh', ...args, `root@${LOOPBACK}`];
}

/**
 * Lets everything outside of a state's folder follow the state that is current: accounts, targets, and the files of the TFTP,
 * DHCP and iSCSI servers; and then the DHCP server read its own. Doing it twice is as doing it once.
 */
import { hash } from 'node:crypto';
import PQueue from 'p-queue';
import { Failure } from '../../base/failure.js';
import type { Argv, Ports } from '../../base/ports.js';
import type { BootFile, ClientAccount } from '../boot-files/boot-file.js';
import { NGINX_INCLUDE } from '../boot-files/nginx.js';
import { checkDhcp } from '../dhcp/readers.js';
import type { HostDrivers } from '../host/drivers.js';
import type { TargetHost, WriteOptions } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import type { HostState } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import { portalsOf } from '../site/portal.js';
import type { OfferOptions } from '../target/adapter.js';
import type { SecretReaders } from './batch.js';
import { putLink } from './links.js';
import { offeredLuns } from './offered.js';
import { bringAccounts, notTakeable, readAccounts } from './secrets.js';
import { setMark } from './states.js';

/** Files that are written at a time. */
const AT_ONCE = 4;
/** Seconds after which a command that reloads a server is given up: all other commands wait for the lock meanwhile. */
const RELOAD_SECONDS = 120;

/** All but what the servers do: see {@link settle}. @param options what is known of what was offered last */
export async function converge(
  host: TargetHost,
  state: HostState,
  { adapter, bootFiles }: HostDrivers,
  ports: Ports,
  options: OfferOptions,
): Promise<void> {
  const { facts } = host;
  const { tftp, conf } = hostLayout(facts);
  await bringAccounts(host, state);
  const secrets = await readAccounts(host, state.serial);
  tellRefused(facts, state, secrets, ports);
  const offered = offeredLuns(facts, state, secrets);
  await adapter.apply(host, offered, portalsOf(facts), ports, { ...options, onlyPortals: true });
  const input = { host: facts, state, lun: adapter.lun, secrets };
  const targetFiles: BootFile[] = adapter
    .render(offered, portalsOf(facts))
    .map(({ name, text }) => ({ path: name, content: { text }, secret: true }));
  await follow(host, tftp, bootFiles.tftp(input));
  await follow(host, conf, [...bootFiles.conf(input), ...targetFiles], {
    // The next lock holder must know, should we end before the servers have read them.
    before: (changed) => announceReloads(host, changed),
  });
}

/**
 * The last of what follows from a state: the servers read their files, if they have not. What keeps one from that keeps no later
 * change from being made, which then tries again.
 */
export async function settle(host: TargetHost, { serial }: HostState): Promise<void> {
  for (const server of SERVERS) await reload(host, server);
  await setMark(host, serial, 'converged');
}

/** One client that cannot log in keeps no other from booting. */
function tellRefused(
  facts: HostFacts,
  { clients }: HostState,
  accounts: ReadonlyMap<string, ClientAccount>,
  { emit }: Ports,
): void {
  for (const client of Object.keys(clients)) {
    const problem = notTakeable(facts, accounts, client);
    if (problem === undefined) continue;
    const message = `${client} cannot log in, and its LUNs are not offered. ${problem.what} Expected ${problem.expected}.`;
    emit({ type: 'warning', message, hint: `Give it another: npx lunsmith client rotate ${client}` });
  }
}

export interface FollowOptions {
  /** Who may read the secret ones, and nobody else. */
  readonly readers?: SecretReaders;
  /** Called before anything is written or removed. @param changed relative paths */
  readonly before?: (changed: readonly string[]) => Promise<void>;
}

const EXISTING = `
cd -- "$1" 2>/dev/null || exit 0
find . -type l | while IFS= read -r link; do printf 'link %s %s\\n' "$(readlink "$link" | sha256sum | cut -c 1-64)" "$link"; done
find . -type f -exec sha256sum {} + | sed 's/^/file /'
find . -type f -exec stat -c 'mode %a %G %n' {} +
`;

/** Makes a folder have these files and no other; those that are as they shall be are left alone. */
export async function follow(
  host: TargetHost,
  folder: string,
  files: readonly BootFile[],
  { before, readers = {} }: FollowOptions = {},
): Promise<void> {
  const { stdout } = await host.run(['sh', '-c', EXISTING, 'sh', folder], {
    doing: `look at the files in ${folder}`,
    quiet: true,
  });
  const existing = new Map(
    stdout.split('\n').flatMap((line) => {
      const [, kind, sha256, path] = /^(link|file) ([0-9a-f]{64}) +\.\/(.+)$/.exec(line) ?? [];
      return path === undefined ? [] : [[path, `${kind} ${sha256}`] as const];
    }),
  );
  const modes = new Map(
    stdout.split('\n').flatMap((line) => {
      const [, mode, owner, path] = /^mode ([0-7]+) (\S+) \.\/(.+)$/.exec(line) ?? [];
      return path === undefined ? [] : [[path, `${mode} ${owner}`] as const];
    }),
  );
  const asWished = (file: BootFile) => {
    if ('link' in file.content) return true;
    const { mode, group: own } = permissions(file, readers);
    const [found, owner] = modes.get(file.path)?.split(' ') ?? [];
    return found === mode.toString(8) && (own === undefined || own === owner);
  };
  const changed = files.filter((file) => existing.get(file.path) !== fingerprint(file) || !asWished(file));
  const unwanted = [...existing.keys()].filter((path) => !files.some((file) => file.path === path));
  if (changed.length === 0 && unwanted.length === 0) return;
  await before?.([...changed.map(({ path }) => path), ...unwanted]);
  const queue = new PQueue({ concurrency: AT_ONCE });
  try {
    await queue.addAll(changed.map((file) => () => writeFile(host, folder, file, readers)));
  } finally {
    // A caller that hears of a failure puts other files in their places: no write may still be under way then.
    await queue.onIdle();
  }
  if (unwanted.length > 0)
    await host.run(['rm', '-f', '--', ...unwanted.map((path) => `${folder}/${path}`)], {
      doing: `remove what nobody needs in ${folder}`,
    });
}

function fingerprint({ content }: BootFile): string {
  if ('link' in content) return `link ${hash('sha256', `${content.link}\n`)}`;
  return `file ${hash('sha256', 'text' in content ? content.text : content.bytes)}`;
}

async function writeFile(
  host: TargetHost,
  folder: string,
  file: BootFile,
  readers: SecretReaders,
): Promise<void> {
  const { path, content } = file;
  const at = `${folder}/${path}`;
  if ('link' in content) await putLink(host, at, content.link, `make the link ${at}`);
  else await host.write(at, 'text' in content ? content.text : content.bytes, permissions(file, readers));
}

function permissions({ secret, tftp }: BootFile, readers: SecretReaders): WriteOptions {
  const group = tftp === true ? readers.tftp : readers.http;
  if (!secret || (tftp === true && group === undefined)) return { mode: 0o644 };
  return group === undefined ? { mode: 0o600 } : { mode: 0o640, group };
}

/** What reads files of `conf/` when it is told to. */
interface Server {
  readonly name: string;
  /** Of a file in `states/`, which is there while the server has not read its files. */
  readonly mark: string;
  readonly reads: (file: string) => boolean;
  readonly command: (facts: HostFacts) => Argv | undefined;
  /** Where the site says the command. */
  readonly key: string;
  /** Whether it would take the files. */
  readonly check?: (host: TargetHost) => Promise<void>;
}

const SERVERS: readonly Server[] = [
  {
    name: 'the DHCP server',
    mark: 'reload',
    reads: (file) => /^(?:dnsmasq|dhcpd)\./.test(file),
    command: ({ reload }) => reload,
    key: 'reload',
    check: checkDhcp,
  },
  {
    name: 'nginx',
    mark: 'reload-http',
    reads: (file) => file === NGINX_INCLUDE,
    command: ({ http }) => http.reload,
    key: 'http.reload',
  },
];

function markOf({ facts }: TargetHost, { mark }: Server): string {
  return `${hostLayout(facts).states}/${mark}`;
}

async function announceReloads(host: TargetHost, changed: readonly string[]): Promise<void> {
  for (const server of SERVERS) {
    if (!changed.some(server.reads) || server.command(host.facts) === undefined) continue;
    await host.write(markOf(host, server), '', { mode: 0o644 });
  }
}

async function reload(host: TargetHost, server: Server): Promise<void> {
  const { facts } = host;
  const mark = markOf(host, server);
  if ((await host.read(mark)) === undefined) return;
  const argv = server.command(facts);
  if (argv !== undefined) {
    await server.check?.(host);
    const doing = `let ${server.name} of ${facts.name} read its file again`;
    const expected = `\`${argv.join(' ')}\`, the \`${server.key}\` of ${facts.name} in lunsmith.yaml, to end well`;
    await host.run(argv, { doing, timeout: RELOAD_SECONDS }).catch((error: unknown) => {
      if (!(error instanceof Failure) || error.command === undefined || error.kind === 'network') throw error;
      const { kind, command, diagnostics } = error;
      throw new Failure(kind, { ...diagnostics[0], expected }, { cause: error, command });
    });
  }
  await host.run(['rm', '-f', '--', mark], { doing: `note that ${server.name} has read its file` });
}

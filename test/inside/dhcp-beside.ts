/** A DHCP server that serves two networks, with boot ROMs and a resolver in each. Runs in a sandbox. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Argv, Ports, RunningTool } from '../../base/ports.js';
import type { Answer, BootRom } from './dhcp-ask.js';

const READY = /: DHCP, |Server starting service|DHCP, proxy|started, version/;

export interface BesideInside {
  /** Files that the server's configuration is made of, by absolute path: as they are in each of the rounds. */
  readonly rounds: readonly Readonly<Record<string, string>>[];
  readonly server: Argv;
  readonly clients: readonly BootRom[];
  /** A proxy of our own beside it, after the first round; before it no server answers in our network. */
  readonly proxy?: Argv;
  /** Names to ask its DNS server for; absent: it has none. */
  readonly names?: readonly string[];
}

/** What one network saw in one round. */
export interface Seen {
  readonly answers: readonly Answer[];
  readonly names: readonly string[];
  /** The first line of `boot` as TFTP hands it out. */
  readonly tftp: string;
}

export type Round = Readonly<Record<'ours' | 'other', Seen>>;

const NETWORKS = { ours: 77, other: 78 } as const;

export async function inside(payload: BesideInside, ports: Ports): Promise<Round[]> {
  const quiet = { doing: 'make the network', quiet: true };
  const ip = (...args: string[]) => ports.run(['ip', ...args], quiet);
  await ports.run(['mount', '-t', 'tmpfs', 'run', '/run'], { doing: 'make a folder in memory' });
  await ip('link', 'set', 'lo', 'up');
  for (const [name, number] of Object.entries(NETWORKS)) {
    await ip('netns', 'add', name);
    await ip('link', 'add', `${name}0`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    await ip('address', 'add', `10.${number}.0.1/24`, 'dev', `${name}0`);
    await ip('link', 'set', `${name}0`, 'up');
    const inside = (...args: string[]) => ports.run([...beside(name), 'ip', ...args], quiet);
    await inside('address', 'add', `10.${number}.0.9/24`, 'dev', 'eth0');
    await inside('link', 'set', 'eth0', 'up');
    await inside('route', 'add', 'default', 'dev', 'eth0');
  }
  const seen: Round[] = [];
  for (const [index, files] of payload.rounds.entries()) {
    for (const [path, text] of Object.entries(files)) await writeFile(path, text);
    seen.push(await round(payload, index === 0, ports));
  }
  return seen;
}

function beside(network: string) {
  return ['nsenter', `--net=/run/netns/${network}`] as const;
}

async function round(
  { server, clients, names = [], proxy }: BesideInside,
  first: boolean,
  ports: Ports,
): Promise<Round> {
  await using tool = await serve(server, ports);
  await using _ours = proxy === undefined || first ? undefined : await serve(proxy, ports);
  try {
    const look = async (network: keyof typeof NETWORKS): Promise<Seen> => {
      const address = `10.${NETWORKS[network]}.0.1`;
      const beProxy = proxy !== undefined && network === 'ours';
      const ask = {
        server: address,
        proxy: beProxy,
        clients: beProxy && first ? [] : clients,
      };
      const script = fileURLToPath(new URL('dhcp-ask.js', import.meta.url));
      const { stdout } = await ports.run(
        [...beside(network), process.execPath, script, JSON.stringify(ask)],
        {
          doing: 'ask the DHCP server',
          quiet: true,
        },
      );
      const lookUp = async (name: string) => {
        const { stdout: text } = await ports.run([...beside(network), 'busybox', 'nslookup', name, address], {
          doing: 'ask the DNS server',
          quiet: true,
          okExitCodes: [0, 1],
        });
        return text;
      };
      const answers = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Answer]));
      const tftp = names.length === 0 || (beProxy && first) ? '' : await fetchBoot(network, address, ports);
      return { answers, names: await Promise.all(names.map(lookUp)), tftp };
    };
    return { ours: await look('ours'), other: await look('other') };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${tool.lastLines().join('\n')}`);
  }
}

async function serve(server: Argv, ports: Ports): Promise<RunningTool> {
  let ready: (is: true) => void;
  const started = new Promise<true>((resolve) => {
    ready = resolve;
  });
  const tool = await ports.start(server, {
    doing: 'serve DHCP',
    quiet: true,
    onLine: (line) => {
      if (READY.test(line)) ready(true);
    },
  });
  if (await Promise.race([started, tool.ended.then(() => false)])) return tool;
  throw new Error(`it did not start: ${tool.lastLines().join('\n')}`);
}

async function fetchBoot(network: string, address: string, ports: Ports): Promise<string> {
  const { stdout } = await ports.run(
    [...beside(network), 'busybox', 'tftp', '-g', '-r', 'boot', '-l', '-', address],
    { doing: 'ask the TFTP server', quiet: true, okExitCodes: [0, 1] },
  );
  return stdout.split('\n')[0] ?? '';
}

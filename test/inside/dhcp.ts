/** A DHCP server and, in a namespace beside it, boot ROMs that ask it. Runs in a sandbox. */
import { fileURLToPath } from 'node:url';
import type { Argv, Ports } from '../../base/ports.js';
import type { Answer, Questions } from './dhcp-ask.js';

const READY = /: DHCP, |Server starting service/;

export interface DhcpInside {
  readonly server: Argv;
  readonly ask: Questions;
}

export async function inside({ server, ask }: DhcpInside, ports: Ports): Promise<Answer[]> {
  const quiet = { doing: 'make the network', quiet: true };
  const ip = (...args: string[]) => ports.run(['ip', ...args], quiet);
  const beside = ['nsenter', '--net=/run/netns/lan'] as const;
  const inLan = (...args: string[]) => ports.run([...beside, 'ip', ...args], quiet);
  await ports.run(['mount', '-t', 'tmpfs', 'run', '/run'], { doing: 'make a folder in memory' });
  await ip('link', 'set', 'lo', 'up');
  await ip('netns', 'add', 'lan');
  await ip('link', 'add', 'san0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'lan');
  await ip('address', 'add', '10.77.0.1/24', 'dev', 'san0');
  await ip('link', 'set', 'san0', 'up');
  await inLan('address', 'add', '10.77.0.9/24', 'dev', 'eth0');
  await inLan('link', 'set', 'eth0', 'up');
  await inLan('route', 'add', 'default', 'dev', 'eth0');
  let ready: (is: true) => void;
  const started = new Promise<true>((resolve) => {
    ready = resolve;
  });
  await using tool = await ports.start(server, {
    doing: 'serve DHCP',
    quiet: true,
    onLine: (line) => {
      if (READY.test(line)) ready(true);
    },
  });
  try {
    if (!(await Promise.race([started, tool.ended.then(() => false)])))
      throw new Error(`it did not start: ${tool.lastLines().join('\n')}`);
    const script = fileURLToPath(new URL('dhcp-ask.js', import.meta.url));
    const { stdout } = await ports.run([...beside, process.execPath, script, JSON.stringify(ask)], {
      doing: 'ask the DHCP server',
      quiet: true,
    });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Answer);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${tool.lastLines().join('\n')}`);
  }
}

/**
 * A Debian machine made of this one, in namespaces: what it writes to /etc, /usr, /var, /root, /home, /srv and /run is its own, and so are
 * its processes and its name. It is gone with the process that holds it, however that ends.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv, Ports, RunningTool, RunResult } from '../../base/ports.js';
import { descendants } from './processes.js';

export interface DebianMachine extends AsyncDisposable {
  /** The command that enters it as root. */
  readonly enter: readonly [string, ...string[]];
  /** Runs a script of the shell there. @param user default: root @throws Error with all that it said */
  sh(script: string, user?: string): Promise<RunResult>;
}

export interface DebianMachineOptions {
  /** Its name. */
  readonly name: string;
  /** Folder to be made, for what it writes; on a file system that takes the upper layer of an overlay. */
  readonly folder: string;
  /** Runs tools where its network is. */
  readonly ports: Ports;
  /** What is in /run of this machine is there too. */
  readonly sharesRun?: true;
}

/** Over these of this machine lies what it writes. */
const LAYERED = ['etc', 'usr', 'var'];
/** These are empty at first. */
const EMPTY = ['root', 'home', 'srv'];

function setUp({ name, folder, sharesRun }: DebianMachineOptions): string {
  const overlays = LAYERED.map((part) => {
    const [upper, work] = ['upper', 'work'].map((each) => join(folder, part, each));
    return `mkdir -p ${upper} ${work}
mount -t overlay -o lowerdir=/${part},upperdir=${upper},workdir=${work} overlay /${part}`;
  });
  const folders = EMPTY.map(
    (part) => `mkdir -p ${join(folder, part)}\nmount --bind ${join(folder, part)} /${part}`,
  );
  return [
    'set -e',
    ...overlays,
    ...folders,
    ...(sharesRun === true ? [] : ['mount -t tmpfs -o mode=0755 tmpfs /run']),
    `hostname ${name}`,
    // Its packages are those of this machine, and the server has no way to an archive.
    `echo 'APT::Get::Upgrade "false";' >/etc/apt/apt.conf.d/99-as-it-is`,
    'echo ready',
    // Not by `exec`: the first process has to await those that lost their parents.
    'sleep infinity & wait',
  ].join('\n');
}

export async function openDebianMachine(options: DebianMachineOptions): Promise<DebianMachine> {
  const { name, folder, ports } = options;
  await mkdir(folder);
  let tell: () => void = () => undefined;
  const ready = new Promise<'ready'>((resolve) => {
    tell = () => resolve('ready');
  });
  const own = ['--mount', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;
  const argv: Argv = ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...own, 'sh', '-c', setUp(options)];
  const holder = await ports.start(argv, {
    doing: `start ${name}`,
    onLine: (line) => line === 'ready' && tell(),
  });
  if ((await Promise.race([ready, holder.ended])) !== 'ready')
    throw new Error(`${name} did not start: ${holder.lastLines().join('\n')}`);
  const enter = ['nsenter', `--target=${await firstProcess(holder)}`, '--all', '--'] as const;
  return {
    enter,
    sh: async (script, user) => {
      const as = user === undefined ? [] : ['runuser', '-u', user, '--'];
      const result = await ports.run([...enter, ...as, 'sh', '-c', script], {
        doing: `run a script on ${name}`,
        env: { HOME: user === undefined ? '/root' : `/home/${user}` },
        okExitCodes: [...Array(256).keys()],
      });
      if (result.exitCode === 0) return result;
      throw new Error(`${name} says ${result.exitCode}:\n${script}\n${result.stdout}\n${result.stderr}`);
    },
    [Symbol.asyncDispose]: () => holder[Symbol.asyncDispose](),
  };
}

async function firstProcess({ pid }: RunningTool): Promise<number> {
  const [first] = await descendants(pid);
  if (first === undefined) throw new Error('It has no process.');
  return first;
}

/** Gives it a `systemctl` that does what the one of a machine does that systemd has started: see test/util/systemctl.py. */
export async function giveServices({ sh }: DebianMachine, folder: string): Promise<void> {
  const program = join(folder, 'systemctl');
  await copyFile('test/util/systemctl.py', program);
  await sh(`install --mode=755 ${program} /usr/local/bin/systemctl`);
}

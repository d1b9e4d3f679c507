/**
 * docs/tutorial.md as it is printed: a user whom nothing was prepared for, lunsmith from its Debian package, a server with tgt, thirty
 * machines. Computer and server are made of this machine in namespaces; three of the thirty are really switched on, and one goes over to
 * the release of the first patch day. What is another than printed: the server answers to ssh on a port of this machine, and unless every
 * cell is booted (`npm run test:all`) the recipe is a small one, of which it is proven that a wrong secret is refused: that it boots,
 * the three machines show.
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createPorts } from '../../base/command.js';
import { UndoStack } from '../../base/undo-stack.js';
import type { Session } from '../../gate/session.js';
import { cellSeed } from '../util/cells.js';
import { writeClientRecipe } from '../util/client-recipe.js';
import { type DebianMachine, giveServices, openDebianMachine } from '../util/debian-machine.js';
import { commandsOf, type Piece, piecesOf, swapped } from '../util/tutorial.js';
import { type ClientMachine, openClient } from '../util/wire/client.js';
import { startRouter } from '../util/wire/servers.js';
import { openWire } from '../util/wire/wire.js';

const USER = 'reader';
const SERVER = '192.0.2.10';
const MOST_COMMANDS = 12;
/** Those that are switched on, with the firmware of each; the first is there on patch day. */
const ON = { pc01: 'bios', pc02: 'uefi', pc30: 'bios' } as const;
type Name = keyof typeof ON;
const NAMES = Object.keys(ON) as Name[];
/** Begins section 6 and 8. */
const [SWITCH_ON, RESTART] = [6, 8];

const SWAPS = {
  'extends: lunsmith/recipes/debian-bookworm': `extends: /home/${USER}/client`,
  'gate: [bios-san, uefi-san, bios-san-wrong-secret]': 'gate: [bios-san-wrong-secret]',
};

const stack = new UndoStack();
const { signal } = new AbortController();
let home: string;
let pieces: readonly Piece[];
let computer: DebianMachine;
let server: DebianMachine;
let machine: (name: Name) => Promise<ClientMachine>;
const machines = new Map<Name, ClientMachine>();
const sessions = new Map<Name, Session>();
const times: string[] = [];

/** Opens a port of this machine at which the server's sshd answers. */
async function openDoor({ enter }: DebianMachine): Promise<number> {
  const door = createServer({ pauseOnConnect: true }, (socket) => {
    const [tool, ...args] = [...enter, '/usr/sbin/sshd', '-i', '-o', 'UsePAM=no'];
    spawn(tool, args, { stdio: [socket, socket, 'ignore'] }).once('exit', () => socket.destroy());
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  stack.defer(() => new Promise((resolve) => door.close(() => resolve(undefined))));
  return (door.address() as AddressInfo).port;
}

/** The reader, who has a key, and is let in as root on the server. */
async function makeReader(): Promise<void> {
  const ids = '3000000-3065535';
  await computer.sh(`useradd --create-home --shell /bin/sh ${USER}
grep -q ^${USER}: /etc/subuid || usermod --add-subuids ${ids} --add-subgids ${ids} ${USER}`);
  await computer.sh(`mkdir -m 700 ~/.ssh && ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519`, USER);
  const { stdout: key } = await computer.sh('cat ~/.ssh/id_ed25519.pub', USER);
  await server.sh(
    `ssh-keygen -A && mkdir -p /run/sshd && mkdir -p -m 700 ~/.ssh && echo '${key.trim()}' >>~/.ssh/authorized_keys`,
  );
  const { stdout: hostKey } = await server.sh('cut -d " " -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub');
  const port = await openDoor(server);
  await computer.sh(
    `cat >~/.ssh/config <<'END'
Host ${SERVER}
  HostName 127.0.0.1
  Port ${port}
  HostKeyAlias ${SERVER}
END
echo '${SERVER} ${hostKey.trim()}' >~/.ssh/known_hosts`,
    USER,
  );
}

beforeAll(async () => {
  home = join(inject('shared'), 'tutorial');
  await mkdir(home);
  const page = await readFile('docs/tutorial.md', 'utf8');
  pieces = piecesOf(cellSeed() === 'all' ? page : swapped(page, SWAPS));
  const wire = stack.use(await openWire(signal));
  stack.use(await startRouter(wire));
  const ports = createPorts({ emit: () => undefined, signal });
  const there = await wire.neighbour(SERVER);
  server = stack.use(await openDebianMachine({ name: 'server', folder: join(home, 'server'), ports: there }));
  await giveServices(server, home);
  // As the page advises: thirty LUNs share the blocks that they have in common.
  const disk = join(home, 'srv.xfs');
  await server.sh(
    `truncate --size 400G ${disk} && mkfs.xfs -q -m reflink=1 -l size=64m ${disk} && mount -o loop ${disk} /srv`,
  );
  computer = stack.use(
    await openDebianMachine({ name: 'computer', folder: join(home, 'computer'), ports, sharesRun: true }),
  );
  await makeReader();
  execFileSync('sh', ['scripts/package.sh', home], { stdio: 'pipe' });
  const [deb = ''] = (await readdir(home)).filter((name) => name.endsWith('.deb'));
  await copyFile(join(home, deb), join(home, 'computer/root', deb));
  await writeClientRecipe(join(home, 'computer/home', USER), 'client');
  const macs = new Map(
    pieces
      .find(({ file }) => file === 'machines.csv')
      ?.text.split('\n')
      .map((line) => line.split(',') as [string, string]),
  );
  expect(macs.size).toBeGreaterThan(30);
  machine = async (name) =>
    stack.use(await openClient(wire, { name, firmware: ON[name], mac: macs.get(name) ?? '', signal }));
});
afterAll(async () => {
  console.log([`${commandsOf(pieces).length} commands of lunsmith`, ...times].join('\n'));
  await stack[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

/** Does what the page says in its sections, up to one. @returns all that was printed */
async function follow(sections: (section: number) => boolean): Promise<string> {
  let printed = '';
  for (const piece of pieces.filter(({ section }) => sections(section))) printed += await doPiece(piece);
  return printed;
}

async function doPiece({ text, file, as }: Piece): Promise<string> {
  if (file !== undefined) {
    await asReader(`cat >'${file}' <<'END_OF_FILE'\n${text}END_OF_FILE`);
    return '';
  }
  const began = performance.now();
  const { stdout, stderr } =
    as === undefined ? await asReader(text) : await asRoot(as === 'root@server' ? server : computer, text);
  const [line = ''] = text.split('\n').slice(-2);
  times.push(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  return stdout + stderr;
}

/** In the folder where the script before it has ended. */
function asReader(script: string) {
  return computer.sh(`cd "$(cat ~/.where 2>/dev/null || echo ~)"\nset -e\n${script}\npwd >~/.where`, USER);
}

function asRoot(on: DebianMachine, script: string) {
  return on.sh(`cd ~\nset -e\n${script}`);
}

const run = async (name: Name, line: string) => (await (sessions.get(name) as Session).run(line)).text;

it('is followed to thirty machines, three of which are switched on', async () => {
  expect(await follow((section) => section < SWITCH_ON)).toContain('san1  all agrees');
  const { stdout: targets } = await server.sh('tgtadm --lld iscsi --op show --mode target');
  expect(targets.match(/^Target \d+: \S+:pc\d\d\.main\.\S+$/gm)).toHaveLength(30);
  const began = performance.now();
  await Promise.all(
    NAMES.map(async (name) => {
      machines.set(name, await machine(name));
      sessions.set(name, await (machines.get(name) as ClientMachine).boot());
      expect(await run(name, 'cat /sys/class/iscsi_session/*/initiatorname')).toMatch(`:client.${name}`);
      expect(await run(name, 'cat /sys/class/iscsi_session/*/targetname')).toContain(`:${name}.main.`);
      expect(await run(name, 'command -v less || echo none')).toBe('none');
    }),
  );
  times.push(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  (three machines boot)`);
  const status = await follow((section) => section === SWITCH_ON);
  for (const name of NAMES) expect(status).toContain(`client.${name}`);
});

it('is followed through the first patch day', async () => {
  await follow((section) => section > SWITCH_ON && section < RESTART);
  const [name] = NAMES as [Name];
  const before = await run(name, 'cat /sys/class/iscsi_session/*/targetname');
  sessions.set(name, await (machines.get(name) as ClientMachine).reboot(sessions.get(name) as Session));
  expect(await run(name, 'cat /sys/class/iscsi_session/*/targetname')).not.toBe(before);
  expect(await run(name, 'command -v less')).toBe('/usr/bin/less');
});

it('asks for few commands', () => {
  const commands = commandsOf(pieces);
  expect(commands.length).toBeLessThanOrEqual(MOST_COMMANDS);
});

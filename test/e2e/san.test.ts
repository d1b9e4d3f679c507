/**
 * From a release to machines: published, promoted, booted by two clients at once from clones of their own, and all of it
 * again with the next release and back. By the command line, on a network of its own, with tgt as the target.
 */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readRelease } from '../../artifacts/release/release.js';
import type { Session } from '../../gate/session.js';
import { readAction } from '../util/action.js';
import { clientRelease } from '../util/build.js';
import { writeClientRecipe } from '../util/client-recipe.js';
import type { ClientMachine } from '../util/wire/client.js';
import { type Lab, openLab } from '../util/wire/lab.js';

const SECRETS = { ONE_CHAP: 'canary-1-3f9a2c', TWO_CHAP: 'canary-2-7be104', KEY: 'canary-key-5d21' };
const CLIENTS = {
  one: { firmware: 'bios', mac: '52:54:00:aa:00:01' },
  two: { firmware: 'uefi', mac: '52:54:00:aa:00:02' },
} as const;
type Name = keyof typeof CLIENTS;
const NAMES = Object.keys(CLIENTS) as Name[];

/** As the site has them. @param one what it has of the first one besides @param two of the second */
function clients(one: string, two: string): Record<Name, string> {
  return {
    one: `{ mac: '${CLIENTS.one.mac}', channel: stable, secret: env:ONE_CHAP, size: 6G${one} }`,
    // Keeps its state until it is told otherwise; has an address of its own.
    two: `{ mac: '${CLIENTS.two.mac}', channel: stable, follows: rebase, secret: env:TWO_CHAP, address: 10.78.0.22${two} }`,
  };
}

/** Files of a client: over one of the image, where nothing is, and a secret. */
const files = (motd: string) =>
  `, boot: direct, files: [{ path: /etc/motd, content: '${motd}' }, { path: /opt/app/run, content: '#!/bin/sh', mode: '0755', owner: 'daemon:mail' }, { path: /opt/app/key, secret: env:KEY }]`;

let home: string;
let lab: Lab;
let digests: { readonly v1: string; readonly v2: string };
const machines = new Map<Name, ClientMachine>();
const sessions = new Map<Name, Session>();

/** The next release: the recipe with a package more, built and proven by the action that users' own CI runs. */
async function nextRelease(): Promise<string> {
  const folder = await writeClientRecipe(home, 'client', { packages: ['less'] });
  const { steps } = await readAction();
  const env = {
    GITHUB_ACTION_PATH: join(process.cwd(), '.github/actions/lunsmith'),
    GITHUB_OUTPUT: join(home, 'outputs'),
    RECIPES: folder,
    OUTPUT: join(home, 'out'),
    WORKSPACE: join(inject('shared'), 'workspace'),
    FIRMWARE: 'bios',
    BOOT_PATH: 'san',
  };
  for (const name of ['Build', 'Prove']) {
    const script = steps.find((step) => step.name === name)?.run ?? '';
    await execa('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], { env });
  }
  const path = join(home, 'out', 'client', 'latest');
  const { digest } = await readRelease(path);
  expect(await readFile(env.GITHUB_OUTPUT, 'utf8')).toBe(`digests<<END\n${digest}\nEND\n`);
  return path;
}

beforeAll(async () => {
  home = join(inject('shared'), 'san');
  lab = await openLab({ home, clients: clients('', ''), secrets: SECRETS, asks: true });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

async function eachAtOnce(work: (name: Name) => Promise<void>): Promise<void> {
  await Promise.all(NAMES.map(work));
}

const session = (name: Name) => sessions.get(name) as Session;
const run = async (name: Name, line: string) => (await session(name).run(line)).text;
const hostname = (name: Name) => run(name, 'cat /proc/sys/kernel/hostname');
const modes = (name: Name) => run(name, "stat --format='%n %a %U:%G' /etc/motd /opt/app/run /opt/app/key");
const less = (name: Name) => run(name, "dpkg-query --show --showformat='${Status}' less || true");
const target = (name: Name) => run(name, 'cat /sys/class/iscsi_session/*/targetname');

/** What it installed by hand. */
const PACKAGE = 'made by hand';
/** Of the client that is captured: its machine ID, and the name of its initiator. */
const who: string[] = [];

async function whoIs(name: Name): Promise<string[]> {
  const id = await run(name, 'cat /etc/machine-id');
  return [id, await run(name, 'cat /sys/class/iscsi_session/*/initiatorname')];
}

/** Initiators that are logged in, as `status` tells. */
async function sessionsThere(): Promise<string[]> {
  const { stdout } = await lab.cli('status', '--on', 'lab', '--json');
  return (JSON.parse(stdout) as { sessions: { initiator: string }[] }).sessions.map(
    ({ initiator }) => initiator,
  );
}

/** What `status` warns of. */
async function warnings(): Promise<string[]> {
  const { stdout } = await lab.cli('status', '--on', 'lab', '--json');
  return (JSON.parse(stdout) as { warnings: { message: string }[] }).warnings.map(({ message }) => message);
}

async function rebootAll(): Promise<void> {
  await eachAtOnce(async (name) => {
    const machine = machines.get(name) as ClientMachine;
    sessions.set(name, await machine.reboot(session(name)));
  });
}

describe('two clients of one channel', () => {
  it('boot the release at once, each from a clone of its own, and keep what they write', async () => {
    const { path, digest } = await clientRelease();
    await lab.cli('publish', path, '--to', 'lab');
    await lab.cli('promote', `client@${digest}`, 'stable', '--on', 'lab');
    for (const name of NAMES) await lab.cli('client', 'add', name);
    digests = { v1: digest, v2: '' };
    await lab.serve();
    await eachAtOnce(async (name) => {
      const machine = await lab.machine({ name, ...CLIENTS[name] });
      machines.set(name, machine);
      sessions.set(name, await machine.boot());
      await run(name, `echo ${name}-was-here > /var/lib/mine && sync`);
    });
    expect(await target('one')).toMatch(`iqn.2026-01.org.example:lab:one.main.${digest.slice(0, 12)}-`);
    expect(await target('two')).toMatch(`iqn.2026-01.org.example:lab:two.main.${digest.slice(0, 12)}-`);
    // The LUN is larger than the image, and so is the file system.
    const blocks = Number(await run('one', 'findmnt --noheadings --bytes --output SIZE /'));
    expect(blocks).toBeGreaterThan(4.5 * 2 ** 30);
    expect(await run('two', 'ip -o -4 address show scope global')).toContain('10.78.0.22/24');
    expect(await Promise.all(NAMES.map(hostname))).toEqual(NAMES);
  });

  it('are told of by status, and cannot be taken away while they run', async () => {
    expect(new Set(await sessionsThere())).toEqual(
      new Set(NAMES.map((name) => `iqn.2026-01.org.example:lab:client.${name}`)),
    );
    await expect(lab.cli('client', 'reset', 'one')).rejects.toThrow(/one is running from it/);
    await expect(lab.cli('capture', 'one', '--output', join(home, 'out'))).rejects.toThrow(
      /The target \S+:one\.main\.\S+ has a session/,
    );
  });

  it('are named when another machine has the LUN of one of them too, which nobody else is let in to', async () => {
    const login = async (address: string, name: Name) => {
      const there = await lab.neighbour(address);
      return there.start(
        [
          'iscsi-perf',
          '-i',
          `iqn.2026-01.org.example:lab:client.${name}`,
          `iscsi://10.78.0.1/${await target('one')}/1`,
        ],
        {
          doing: 'read the LUN of another machine',
          quiet: true,
          env: {
            LIBISCSI_CHAP_USERNAME: name,
            LIBISCSI_CHAP_PASSWORD: SECRETS[`${name === 'one' ? 'ONE' : 'TWO'}_CHAP`],
          },
        },
      );
    };
    {
      await using other = await login('10.78.0.3', 'two');
      await other.ended;
      expect(other.lastLines().join('\n')).toMatch(/Failed to (connect|log ?in)/i);
      expect(await warnings()).toEqual([]);
    }
    await using _twin = await login('10.78.0.4', 'one');
    await expect
      .poll(warnings, { timeout: 60_000, interval: 500 })
      .toEqual([
        expect.stringMatching(
          /^2 machines are logged in to one LUN.*:one\.main\.\S+ from 10\.78\.0\.\d+ and 10\.78\.0\.4\.$/,
        ),
      ]);
  });

  it('boot the next release after promotion and rebase, and not before they reboot', async () => {
    const v2 = await nextRelease();
    digests = { ...digests, v2: basename((await readRelease(v2)).path) };
    await lab.cli('publish', v2, '--to', 'lab');
    // From now on the host asks for what the next release has, and the former one has not.
    await lab.requireProofs(['bios-san']);
    const former = lab.cli('promote', `client@${digests.v1}`, 'edge', '--on', 'lab');
    await expect(former).rejects.toThrow(/may not be promoted on lab: it is not proven/);
    const before = await Promise.all(NAMES.map(target));
    await lab.cli('promote', digests.v2, 'stable', '--on', 'lab');
    await lab.cli('client', 'rebase', 'two');
    // With files of their own, which come with a kernel that iPXE loads.
    await lab.have(clients(files('this is one'), files('this is two')));
    const { stdout } = await lab.cli('apply');
    expect(stdout).toContain('client one: its file /opt/app/key is new, root:root 0600');
    expect(await Promise.all(NAMES.map(target))).toEqual(before);
    await rebootAll();
    for (const name of NAMES) {
      expect(await less(name)).toBe('install ok installed');
      expect(await target(name)).toContain(`:${name}.main.${digests.v2.slice(0, 12)}-`);
      expect(await run(name, 'cat /etc/motd /opt/app/key')).toBe(`this is ${name}${SECRETS.KEY}`);
      expect(await modes(name)).toBe(
        '/etc/motd 644 root:root\n/opt/app/run 755 daemon:mail\n/opt/app/key 600 root:root',
      );
      expect(await hostname(name)).toBe(name);
    }
  });

  // The clone of one of them is booted a second time here; the other makes the next release.
  it('boot the former one after a rollback, as they left it, or in maintenance a fresh clone of it', async () => {
    await lab.cli('rollback', 'stable', '--on', 'lab');
    await lab.cli('client', 'maintain', 'one');
    // Of one another content, of the other none any more.
    await lab.have(clients(files('changed'), ', boot: direct'));
    await lab.cli('apply');
    await rebootAll();
    expect(await run('one', 'cat /etc/motd')).toBe('changed');
    expect(
      await run('two', 'test ! -e /opt/app/key && grep -c "comes with ABSOLUTELY NO WARRANTY" /etc/motd'),
    ).toBe('1');
    for (const name of NAMES) expect(await less(name)).not.toBe('install ok installed');
    expect(await run('two', 'cat /var/lib/mine')).toBe('two-was-here');
    expect(await run('one', 'test ! -e /var/lib/mine && echo fresh')).toBe('fresh');
    who.push(...(await whoIs('one')));
    await run('one', `echo ${PACKAGE} > /usr/local/bin/by-hand && chmod 755 /usr/local/bin/by-hand && sync`);
    await eachAtOnce((name) => (machines.get(name) as ClientMachine).powerOff(session(name)));
  });

  it('boot what one of them has become, each as itself, by HTTP too', async () => {
    const out = join(home, 'out');
    // A machine that is switched off does not log out: its target misses it.
    await expect.poll(sessionsThere, { timeout: 600_000, interval: 2000 }).toEqual([]);
    await lab.cli('capture', 'one', '--name', 'golden', '--output', out);
    await lab.requireProofs([]);
    await lab.cli('publish', join(out, 'golden', 'latest'), '--to', 'lab');
    const { stdout } = await lab.cli('promote', 'golden', 'stable', '--on', 'lab');
    expect(stdout).toContain('client one: main is in maintenance, and stays so');
    await lab.cli('client', 'rebase', 'two');
    const ended = await lab.cli('client', 'maintain', 'one', '--end', '--yes');
    expect(ended.stdout).toContain('client one: its next boot of main is a fresh clone of golden@');
    // Its former machine is gone, and the tap device of that name with it.
    const machine = await lab.machine({ name: 'again', ...CLIENTS.two, http: true });
    sessions.set('two', await machine.boot());
    expect(machine.lines.join('\n')).toContain('http://10.78.0.1/snponly.efi');
    expect(await run('two', 'cat /usr/local/bin/by-hand')).toBe(PACKAGE);
    expect(await target('two')).toMatch(/:two\.main\./);
    // Not one value of its identity is that of the machine that the release was taken of.
    expect((await whoIs('two')).filter((value) => value === '' || who.includes(value))).toEqual([]);
    await machine.powerOff(session('two'));
  });

  it('leave no secret where it does not belong', async () => {
    const found = await execa(
      'grep',
      ['-rlaF', ...Object.values(SECRETS).flatMap((secret) => ['-e', secret]), lab.root],
      {
        reject: false,
      },
    );
    const shown = found.stdout
      .split('\n')
      .map((path) => path.slice(lab.root.length + 1))
      .sort();
    expect(shown.filter((path) => !/^(secrets|states|conf)\//.test(path))).toEqual([]);
    const { stdout: open } = await execa('find', [...found.stdout.split('\n'), '-perm', '/007']);
    expect(open).toBe('');
  });
});

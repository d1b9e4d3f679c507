/**
 * Releases of Arch Linux, made of the miniature of the run (see test/util/arch/miniature.ts): the same for every user, and
 * promoted and rolled back for a client of theirs while one of Debian runs beside it. Cells are booted by boot.test.ts.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Release, readRelease } from '../../artifacts/release/release.js';
import { UndoStack } from '../../base/undo-stack.js';
import type { Session } from '../../gate/session.js';
import { miniature } from '../util/arch/miniature.js';
import { serveRepositories } from '../util/arch/server.js';
import { buildArch, clientRelease, shippedRelease, writeArch } from '../util/build.js';
import { lunsmith } from '../util/cli.js';
import { ordinaryUser, readableProject } from '../util/user.js';
import type { ClientMachine } from '../util/wire/client.js';
import { type Lab, openLab } from '../util/wire/lab.js';

let home: string;
let release: Release;
beforeAll(async () => {
  home = join(inject('shared'), 'arch-e2e');
  await mkdir(home);
  release = await readRelease(await shippedRelease('arch'));
});

it('is the same, byte for byte, for an ordinary user in another folder', async () => {
  const user = await ordinaryUser();
  const own = join(home, 'user');
  await mkdir(own);
  await execa('chmod', ['a+x', inject('shared')]);
  const project = await readableProject(user, own);
  const recipe = await writeArch(own);
  await execa('chown', ['-R', user, own]);
  await using mirror = await serveRepositories((await miniature()).folder);
  const places = ['--output', join(own, 'out'), '--workspace', join(own, 'work'), '--mirror', mirror.url];
  const result = await lunsmith(['build', recipe, ...places], { user, project, env: { HOME: own } });
  expect(result.stderr).toBe('');
  expect((await readRelease(join(own, 'out/arch/latest'))).digest).toBe(release.digest);
});

it('lists what pacman installed', () => {
  const packages = release.manifest.packages ?? [];
  const names = packages.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['base', 'linux', 'mkinitcpio', 'open-iscsi', 'systemd']));
  expect(packages.find(({ name }) => name === 'base')).toEqual({
    name: 'base',
    version: '3-2',
    architecture: 'all',
  });
});

const SECRETS = { ARCH_CHAP: 'canary-4-51c0e8', DEBIAN_CHAP: 'canary-5-9be27d' };
const MACS = { arch: '52:54:00:aa:00:31', debian: '52:54:00:aa:00:32' };

/** The next release: another kernel, and a manager of networks that would configure the boot NIC. */
async function nextRelease(): Promise<Release> {
  const folder = join(home, 'next');
  await mkdir(folder);
  const script = 'systemctl enable sshd.service systemd-networkd.service';
  const changes = [
    { name: 'packages', with: { install: { add: ['linux-lts'], remove: ['linux'] } } },
    { name: 'services', with: { script } },
  ];
  await buildArch(await writeArch(folder, changes), folder);
  return readRelease(join(folder, 'arch/latest'));
}

describe('a client of Arch Linux beside one of Debian', () => {
  const stack = new UndoStack();
  let lab: Lab;
  let debian: Release;
  let machine: ClientMachine;
  let sessions: Readonly<Record<'arch' | 'debian', Session>>;
  const run = async (name: keyof typeof sessions, line: string) => (await sessions[name].run(line)).text;
  const target = (name: keyof typeof sessions) => run(name, 'cat /sys/class/iscsi_session/*/targetname');
  const targetOf = (name: string, { digest }: Release) =>
    `iqn.2026-01.org.example:lab:${name}.main.${digest.slice(0, 12)}-`;

  beforeAll(async () => {
    const clients = {
      arch: `{ mac: '${MACS.arch}', channel: edge, secret: env:ARCH_CHAP }`,
      debian: `{ mac: '${MACS.debian}', channel: stable, secret: env:DEBIAN_CHAP }`,
    };
    lab = stack.use(await openLab({ home: join(home, 'san'), clients, secrets: SECRETS }));
    debian = await clientRelease();
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  it('boots the release that was promoted last', async () => {
    const next = await nextRelease();
    for (const { path } of [release, next, debian]) await lab.cli('publish', path, '--to', 'lab');
    await lab.cli('promote', `arch@${release.digest}`, 'edge', '--on', 'lab');
    await lab.cli('promote', `client@${debian.digest}`, 'stable', '--on', 'lab');
    for (const name of Object.keys(MACS)) await lab.cli('client', 'add', name);
    await lab.cli('promote', `arch@${next.digest}`, 'edge', '--on', 'lab');
    await lab.serve();
    const boot = async (name: keyof typeof MACS, firmware: 'bios' | 'uefi') => {
      const each = await lab.machine({ name, mac: MACS[name], firmware });
      if (name === 'arch') machine = each;
      return each.boot();
    };
    const [arch, other] = await Promise.all([boot('arch', 'bios'), boot('debian', 'uefi')]);
    sessions = { arch, debian: other };
    expect(await target('arch')).toContain(targetOf('arch', next));
    expect(await target('debian')).toContain(targetOf('debian', debian));
    expect(await run('arch', '. /etc/os-release; echo $ID')).toBe('arch');
    expect(await run('arch', 'readlink /boot/vmlinuz /boot/initramfs.img')).toBe(
      'vmlinuz-linux-lts\ninitramfs-linux-lts.img',
    );
  });

  it('has a root that survives an outage, and a boot NIC that systemd-networkd leaves alone', async () => {
    await run('arch', 'systemctl is-system-running --wait');
    // iscsid took the session of the initramfs over.
    expect(await run('arch', 'systemctl is-active iscsid systemd-networkd')).toBe('active\nactive');
    const settings = '/sys/class/iscsi_session/*/recovery_tmo /sys/block/sda/device/timeout';
    expect(await run('arch', `cat ${settings} /sys/block/sda/queue/scheduler`)).toMatch(
      /^86400\n180\n\[none\]/,
    );
    expect(await run('arch', 'ip -o -4 address show scope global')).toMatch(/inet 10\.78\.0\.\d+\/24/);
    // What the initramfs learned of the network has the name of its card.
    expect(await run('arch', 'ls /run/net-*.conf')).toMatch(/^\/run\/net-e\w+\.conf$/);
    expect(await run('arch', 'systemctl --failed --no-legend')).toBe('');
  });

  it('boots the former one after a rollback, while the other runs on', async () => {
    const before = await target('debian');
    await lab.cli('rollback', 'edge', '--on', 'lab');
    sessions = { ...sessions, arch: await machine.reboot(sessions.arch) };
    expect(await target('arch')).toContain(targetOf('arch', release));
    expect(await run('arch', 'readlink /boot/vmlinuz')).toBe('vmlinuz-linux');
    expect(await target('debian')).toBe(before);
    await machine.powerOff(sessions.arch);
  });
});

/**
 * Machines that are started by a USB stick on a network whose DHCP server gives addresses and nothing else. One firmware in each run; which
 * follows from the commit. Their release has a read-only root, and one LUN for both.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { sharedClientRelease } from '../util/build.js';
import { cellSeed, chooseStickFirmware } from '../util/cells.js';
import { type Lab, openLab } from '../util/wire/lab.js';

const CHAP = 'canary-9-51c0aa';
const CLIENTS = {
  bios: { name: 'stick1', mac: '52:54:00:aa:00:11' },
  uefi: { name: 'stick2', mac: '52:54:00:aa:00:12' },
} as const;

let lab: Lab;
let home: string;
let release: string;
/** The release on the host. */
let served: string;

beforeAll(async () => {
  home = join(inject('shared'), 'stick');
  const entry = (mac: string) => `{ mac: '${mac}', channel: stable, secret: env:CHAP }`;
  const clients = Object.fromEntries(Object.values(CLIENTS).map(({ name, mac }) => [name, entry(mac)]));
  lab = await openLab({ home, clients, secrets: { CHAP }, plainDhcp: true });
  const { path, digest } = await sharedClientRelease();
  release = digest.slice(0, 12);
  served = join(lab.root, 'releases', digest);
  await lab.cli('publish', path, '--to', 'lab');
  await lab.cli('promote', `kiosk@${digest}`, 'stable', '--on', 'lab');
  await lab.cli('client', 'add', '--all');
  await lab.serve();
});
afterAll(() => lab[Symbol.asyncDispose]());

it('the secret is on a stick on request only, and nobody else reads that file', async () => {
  const { name } = CLIENTS.uefi;
  const refused = lab.cli('stick', name, '--output', join(home, 'refused.img'));
  await expect(refused).rejects.toThrow(/Expected: `--with-secret`/);
  await expect(stat(join(home, 'refused.img'))).rejects.toThrow('ENOENT');
  const image = join(home, `${name}.img`);
  const { stdout } = await lab.cli('stick', name, '--output', image, '--with-secret');
  expect(stdout).toContain(
    `uefi: GRUB starts a kernel on the stick: ${name} main, kiosk@${release}, generation`,
  );
  expect(stdout).toContain('holds the CHAP secret of stick2');
  expect((await stat(image)).mode & 0o777).toBe(0o600);
});

it.each(chooseStickFirmware(cellSeed()))('a machine with %s boots its LUN by the stick', async (firmware) => {
  const { name, mac } = CLIENTS[firmware];
  const stick = join(home, `${firmware}.img`);
  const secret = firmware === 'bios' ? [] : ['--with-secret'];
  await lab.cli('stick', name, '--output', stick, '--firmware', firmware, ...secret);
  expect((await readFile(stick)).includes(CHAP)).toBe(firmware === 'uefi');
  await using machine = await lab.machine({ name, firmware, mac, stick });
  const session = await machine.boot();
  const { text } = await session.run('cat /sys/class/iscsi_session/*/targetname');
  expect(text).toMatch(`iqn.2026-01.org.example:lab:${name}.main.${release}-`);
  expect((await session.run('cat /proc/cmdline')).text).toContain('root=UUID=');
  expect((await session.run('findmnt -n -o FSTYPE,SOURCE /')).text).toBe('overlay overlay');
  expect((await session.run('cat /sys/block/sda/ro')).text).toBe('1');
  expect((await session.run('echo new > /etc/motd && rm /etc/issue && cat /etc/motd')).text).toBe('new');
  await machine.powerOff(session);
  // The image is what it was, and no clone was made of it.
  expect(await verifyRelease(await readRelease(served))).toEqual([]);
  await expect(readdir(join(lab.root, 'clients'))).rejects.toThrow('ENOENT');
});

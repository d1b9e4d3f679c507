/**
 * A system whose initramfs dracut makes, served like any other: it boots by kernel and initramfs with the small archive of its client. With every
 * cell of the matrix (`npm run test:all`) it boots from its LUN by UEFI too, Debian 13 does, and a LUN that all clients share.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { PcFirmware } from '../../artifacts/platform/pc.js';
import type { Release } from '../../artifacts/release/release.js';
import type { Session } from '../../gate/session.js';
import { dracutRelease } from '../util/build.js';
import { cellSeed } from '../util/cells.js';
import { type Lab, openLab } from '../util/wire/lab.js';

const MAC = '52:54:00:aa:00:51';
const SECRETS = { CHAP: 'canary-10-d2ac07', KEY: 'canary-key-d2ac' };
const FILES = "[{ path: /etc/motd, content: 'this is web' }, { path: /opt/app/key, secret: env:KEY }]";

/** The client, which boots by kernel and initramfs or from its LUN. */
const web = (boot: 'direct' | 'san') => ({
  web: `{ mac: '${MAC}', channel: stable, secret: env:CHAP, boot: ${boot}${boot === 'direct' ? `, files: ${FILES}` : ''} }`,
});

let lab: Lab;
beforeAll(async () => {
  const home = join(inject('shared'), 'dracut');
  await mkdir(home);
  lab = await openLab({ home: join(home, 'lab'), clients: web('direct'), secrets: SECRETS });
});
afterAll(() => lab[Symbol.asyncDispose]());

let served = false;
let machines = 0;
async function boots(name: string, { path, digest }: Release, firmware: PcFirmware) {
  await lab.cli('publish', path, '--to', 'lab');
  await lab.cli('promote', `${name}@${digest}`, 'stable', '--on', 'lab');
  await lab.cli('client', 'add', 'web');
  if (!served) await lab.serve();
  served = true;
  // Each is another machine, with a tap device of its name.
  machines += 1;
  const machine = await lab.machine({ name: `web${machines}`, mac: MAC, firmware });
  return { machine, session: await machine.boot() };
}

const text = async (session: Session, command: string) => (await session.run(command)).text;

/** Its card is that of the initramfs, and iscsid has taken the session over. */
async function isWhole(session: Session): Promise<void> {
  await text(session, 'systemctl is-system-running --wait || true');
  expect(await text(session, 'systemctl --failed --plain --no-legend')).toBe('');
  expect(await text(session, 'systemctl is-active iscsid')).toBe('active');
  expect(await text(session, 'cat /sys/class/iscsi_session/*/recovery_tmo')).toBe('86400');
  expect(await text(session, 'ip -o -4 address show scope global')).toMatch(/inet 10\.78\.0\.\d+\/24/);
  expect(await text(session, 'cat /run/initramfs/open-iscsi.interface')).toMatch(/^en\w+$/);
  expect(await text(session, 'cat /proc/sys/kernel/hostname')).toBe('web');
  expect(await text(session, `grep -c ${SECRETS.CHAP} /proc/cmdline || true`)).toBe('0');
}

it('boots with the name and the files of its client, and goes down and comes back cleanly', async () => {
  const { machine, session } = await boots('dracut', await dracutRelease(), 'bios');
  await isWhole(session);
  expect(await text(session, 'cat /etc/motd /opt/app/key')).toBe(`this is web${SECRETS.KEY}`);
  expect(await text(session, 'findmnt -no FSTYPE /opt/app/key')).toBe('tmpfs');
  await text(session, 'echo written > /var/lib/mine');
  const next = await machine.reboot(session);
  expect(await text(next, 'cat /var/lib/mine')).toBe('written');
  expect(await text(next, 'dmesg | grep -ciE "EXT4-fs.*(recover|error)" || true')).toBe('0');
  await machine.powerOff(next);
});

if (cellSeed() === 'all') {
  it.each([
    ['from its LUN, by UEFI', 'dracut', {}, 'uefi', 'ext4', 'san'],
    ['Debian 13', 'dracut-trixie', { suite: 'trixie' }, 'uefi', 'ext4', 'san'],
    ['a LUN that all share', 'dracut-shared', { disk: { overlay: 'tmpfs' } }, 'bios', 'overlay', 'direct'],
  ] as const)('boots: %s', async (_, name, more, firmware, root, boot) => {
    await lab.have(web(boot));
    const { machine, session } = await boots(name, await dracutRelease(name, more), firmware);
    await isWhole(session);
    expect(await text(session, 'findmnt -no FSTYPE /')).toBe(root);
    await machine.powerOff(session);
  });
}

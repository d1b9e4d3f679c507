/**
 * Two portals in two networks: a machine with two cards has one disk of two paths. That its first portal is dead keeps it from nothing; with
 * every cell of the matrix (`npm run test:all`) it boots by UEFI too, and each path is cut while it writes.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { HostStatus } from '../../app/site/status.js';
import type { PcFirmware } from '../../artifacts/platform/pc.js';
import type { Session } from '../../gate/session.js';
import { multipathRelease } from '../util/build.js';
import { cellSeed } from '../util/cells.js';
import type { ClientMachine } from '../util/wire/client.js';
import { type Lab, openLab, PORTALS } from '../util/wire/lab.js';

const MAC = '52:54:00:aa:00:41';
const SECOND = '52:54:00:aa:00:42';
const OTHER_MAC = '52:54:00:aa:00:43';
const CHAP = 'canary-9-5eed1e5';
/** Far more than a path needs to come back. */
const PATIENCE = { timeout: 300_000, interval: 3000 };
const EVERY_CELL = cellSeed() === 'all';

let lab: Lab;
beforeAll(async () => {
  const home = join(inject('shared'), 'multipath');
  await mkdir(home);
  const { path, digest } = await multipathRelease();
  lab = await openLab({
    home: join(home, 'lab'),
    clients: {
      web: `{ mac: '${MAC}', channel: stable, secret: env:CHAP }`,
      other: `{ mac: '${OTHER_MAC}', channel: edge, secret: env:CHAP }`,
    },
    secrets: { CHAP },
    portals: true,
  });
  await lab.cli('publish', path, '--to', 'lab');
  await lab.cli('promote', `paths@${digest}`, 'stable', '--on', 'lab');
  await lab.cli('client', 'add', 'web');
  await lab.serve();
});
afterAll(() => lab[Symbol.asyncDispose]());

const cut = (portal: string) => lab.ip('address', 'delete', `${portal}/24`, 'dev', bridgeOf(portal));
const heal = (portal: string) => lab.ip('address', 'add', `${portal}/24`, 'dev', bridgeOf(portal));
const bridgeOf = (portal: string) => (portal === PORTALS[0] ? 'wire0' : 'wire1');

async function text(session: Session, command: string): Promise<string> {
  return (await session.run(command)).text;
}

/** Addresses at which it has a session that is up. */
const sessions = async (session: Session) =>
  (
    await text(
      session,
      'for each in /sys/class/iscsi_connection/*; do n=${each##*connection}; [ "$(cat /sys/class/iscsi_session/session${n%%:*}/state)" = LOGGED_IN ] && cat $each/persistent_address; done; true',
    )
  )
    .split('\n')
    .filter(Boolean)
    .sort();

/** States of the paths of its disk, as device-mapper has them: `A` is active, `F` failed. */
const paths = async (session: Session) =>
  [...(await text(session, 'dmsetup status --target multipath')).matchAll(/ \d+:\d+ ([AF]) /g)]
    .map(([, state]) => state)
    .join('');

async function bootsWith(
  name: string,
  firmware: PcFirmware,
): Promise<{ machine: ClientMachine; session: Session; seconds: number }> {
  const machine = await lab.machine({ name, firmware, mac: MAC, second: SECOND });
  const begin = performance.now();
  const session = await machine.boot();
  return { machine, session, seconds: (performance.now() - begin) / 1000 };
}

const figures: string[] = [];
afterAll(() => {
  for (const figure of figures) console.log(`multipath: ${figure}`);
});

it('boots by the second portal while the first is dead, and has it too once it answers', async () => {
  await cut(PORTALS[0]);
  const { machine, session, seconds } = await bootsWith('dead', 'bios');
  figures.push(`login ${seconds.toFixed(0)} s after power-on with the first portal dead, by BIOS`);
  expect(await sessions(session)).toEqual([PORTALS[1]]);
  expect(await text(session, 'findmnt -no SOURCE /')).toBe('/dev/mapper/mpatha-part3');
  expect(await paths(session)).toBe('A');
  await heal(PORTALS[0]);
  await expect.poll(() => sessions(session), PATIENCE).toEqual([...PORTALS]);
  await expect.poll(() => paths(session), PATIENCE).toBe('AA');
  const { stdout } = await lab.cli('status', '--on', 'lab', '--json');
  const status = JSON.parse(stdout) as HostStatus;
  expect(status.portals).toEqual(PORTALS.map((portal) => `${portal}:3260`));
  // A session by each card.
  expect(new Set(status.sessions.flatMap(({ addresses = [] }) => addresses)).size).toBe(2);
  expect(status.warnings).toEqual([]);
  // The account is in memory alone.
  expect(await text(session, 'find /etc/iscsi/nodes -type f')).toBe('');
  expect(await text(session, `grep -rlF ${CHAP} /etc /var/log || true`)).toBe('');
  await machine.powerOff(session);
});

/**
 * Writes a line, and has it on the disk, as often as it can: number, and seconds since power-on before and after. It runs from memory, so that
 * nothing but the line needs the disk.
 */
const WRITER = `n=0
while [ ! -e /mnt/stop ]; do
  n=$((n + 1))
  read -r before rest </proc/uptime
  echo $n | /mnt/dd of=/root/written oflag=append conv=notrunc,fsync 2>/dev/null || echo $n >>/mnt/failed
  read -r after rest </proc/uptime
  echo "$n $before $after" >>/mnt/times
done
: >/mnt/over
`;
const START_WRITER = [
  'mount -t tmpfs none /mnt',
  'for each in sh dd; do cp /bin/busybox /mnt/$each; done',
  `echo ${Buffer.from(WRITER).toString('base64')} | base64 -d >/mnt/writer`,
  '(setsid /mnt/sh /mnt/writer </dev/null >/dev/null 2>&1 &)',
];

if (EVERY_CELL) {
  describe('a machine that writes', aMachineThatWrites);
  describe('a machine of another system', otherSystems);
}

function otherSystems(): void {
  it.each([
    ['Debian 13', 'paths-trixie', { suite: 'trixie' }, 'ext4'],
    ['a LUN that all its clients share', 'paths-shared', { disk: { overlay: 'tmpfs' } }, 'overlay'],
  ])('has both paths: %s', async (_, recipe, more, root) => {
    const { path, digest } = await multipathRelease(recipe, more);
    await lab.cli('publish', path, '--to', 'lab');
    await lab.cli('promote', `${recipe}@${digest}`, 'edge', '--on', 'lab');
    await lab.cli('client', 'add', 'other');
    const machine = await lab.machine({ name: recipe, firmware: 'bios', mac: OTHER_MAC, second: SECOND });
    const session = await machine.boot();
    expect(await text(session, 'findmnt -no FSTYPE /')).toBe(root);
    await expect.poll(() => sessions(session), PATIENCE).toEqual([...PORTALS]);
    await expect.poll(() => paths(session), PATIENCE).toBe('AA');
    expect(await text(session, 'systemctl --failed --plain --no-legend')).toBe('');
    await machine.powerOff(session);
  });
}

function aMachineThatWrites(): void {
  let machine: ClientMachine;
  let session: Session;
  beforeAll(async () => {
    let seconds: number;
    ({ machine, session, seconds } = await bootsWith('usual', 'uefi'));
    figures.push(`login ${seconds.toFixed(0)} s after power-on with both portals, by UEFI`);
  });

  it('has a session by each card', async () => {
    await expect.poll(() => sessions(session), PATIENCE).toEqual([...PORTALS]);
    await expect.poll(() => paths(session), PATIENCE).toBe('AA');
    for (const command of START_WRITER) await text(session, command);
  });

  it.each([
    ['the card that it booted by', 'usual'],
    ['the other card', 'usualb'],
  ])('goes on while %s is cut off for a minute, and has both paths again', async (which, card) => {
    await text(session, ': >/mnt/times');
    await lab.ip('link', 'set', card, 'down');
    await expect.poll(() => paths(session), PATIENCE).toMatch(/^(AF|FA)$/);
    // How long it lasts is what is asked for.
    await delay(60_000);
    await lab.ip('link', 'set', card, 'up');
    await expect.poll(() => paths(session), PATIENCE).toBe('AA');
    expect(await sessions(session)).toEqual([...PORTALS]);
    const longest = await text(
      session,
      `awk '{ if ($3 - $2 > most) most = $3 - $2 } END { print most, NR }' /mnt/times`,
    );
    const [stall, writes] = longest.split(' ');
    figures.push(`${which} cut off for 60 s: the longest of ${writes} writes took ${stall} s`);
    expect(await text(session, 'cat /mnt/failed 2>/dev/null || true')).toBe('');
  });

  it('has lost nothing', async () => {
    await text(session, ': >/mnt/stop');
    await expect.poll(() => text(session, 'ls /mnt/over 2>/dev/null || true'), PATIENCE).toBe('/mnt/over');
    await text(session, 'sync; echo 3 >/proc/sys/vm/drop_caches');
    const last = Number(await text(session, 'tail -n 1 /root/written'));
    expect(last).toBeGreaterThan(100);
    expect(await text(session, `seq ${last} | cmp - /root/written && echo same`)).toBe('same');
    expect(await text(session, 'dmesg | grep -iE "EXT4-fs error|remount.*read-only" || true')).toBe('');
    await machine.powerOff(session);
  });
}

/**
 * A target host of our own making: the recipe `target-host` is built and booted, a release is published to it over ssh,
 * and a machine on the same wire boots from its LIO. That it boots over iSCSI itself is shown by boot.test.ts. With every cell
 * of the matrix (`npm run test:all`) all of it again from thin volumes of LVM.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Release } from '../../artifacts/release/release.js';
import { UndoStack } from '../../base/undo-stack.js';
import type { Session } from '../../gate/session.js';
import { refusesWrites } from '../hosts/target/initiator.js';
import { clientRelease, shippedRelease, targetHostKey } from '../util/build.js';
import { cellSeed } from '../util/cells.js';
import { type CliResult, lunsmith } from '../util/cli.js';
import { writeTinyRelease } from '../util/tiny-release.js';
import { type ClientMachine, openClient } from '../util/wire/client.js';
import { startPlainDhcp } from '../util/wire/servers.js';
import { openWire, type Wire } from '../util/wire/wire.js';

const ADDRESS = '10.78.0.2';
const OTHER_ADDRESS = '10.78.0.4';
const SECRET = 'canary-3-90ad71e';
const MAC = '52:54:00:aa:00:11';
/** Clients of a release whose image they share. */
const KIOSKS = ['kiosk1', 'kiosk2'];
const IQN = 'iqn.2026-01.org.example:san1';
const KIOSK_ENTRIES = KIOSKS.map(
  (name, index) => `  ${name}: { mac: '52:54:00:aa:00:2${index}', channel: edge, secret: env:WEB_CHAP }\n`,
).join('');
/** A client that goes on to a release only when it is told to. */
const DATABASE = `  db: { mac: '52:54:00:aa:00:31', channel: stable, follows: rebase, secret: env:WEB_CHAP }\n`;
/** Names of all targets of LIO. */
const TARGETS = '(cd /sys/kernel/config/target/iscsi && ls -d iqn*) 2>/dev/null || true';

const stack = new UndoStack();
const { signal } = new AbortController();
let home: string;
let wire: Wire;
let machine: Session;
/** Name of its network interface. */
let nic: string;

async function cli(...args: string[]): Promise<CliResult> {
  const env = { WEB_CHAP: SECRET, LUNSMITH_SSH_CONFIG: join(home, 'ssh_config') };
  const result = await lunsmith([...args, '--site', join(home, 'lunsmith.yaml')], {
    env,
    through: wire.enter,
  });
  if (result.exitCode !== 0) throw new Error(`${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
  expect(result.stdout + result.stderr).not.toContain(SECRET);
  return result;
}

/** Initiators that are logged in, as `status` tells. */
async function sessions(): Promise<string[]> {
  const status = JSON.parse((await cli('status', '--json')).stdout) as { sessions: { initiator: string }[] };
  return status.sessions.map(({ initiator }) => initiator);
}

const onHost = async (line: string) => (await machine.run(line)).text;

interface Wishes {
  /** Where LUNs lie. */
  readonly clone?: string;
  /** What `web` is besides. */
  readonly web?: string;
  /** Clients after it. */
  readonly others?: string;
  readonly portals?: readonly string[];
}

const site = ({ clone = 'file', web = '', others = KIOSK_ENTRIES, portals = [ADDRESS] }: Wishes = {}) => `
hosts:
  san1:
    clone: ${clone}
    connect: ssh://root@${ADDRESS}
    address: ${ADDRESS}
    target: { kind: lio, prefix: '${IQN}', portals: [${portals.join(', ')}] }
    http: { group: www-data }
    dhcp:
      kind: dnsmasq
      interface: ${nic}
      network: 10.78.0.0/24
      range: { first: 10.78.0.100, last: 10.78.0.199 }
      dns: []
    reload: [systemctl, restart, dnsmasq]
    gate: []
clients:
  web: { mac: '${MAC}', channel: stable, secret: env:WEB_CHAP${web} }
${others}`;

beforeAll(async () => {
  home = join(inject('shared'), 'target-host');
  await mkdir(home);
  wire = stack.use(await openWire(signal));
  const disk = join(await shippedRelease('target-host'), 'disk.img');
  const options = { name: 'san1', firmware: 'bios', mac: '52:54:00:aa:00:10', disk, signal } as const;
  {
    // Its initramfs sets its boot NIC up, as on every boot, and what runs later leaves it alone.
    const lease = { mac: options.mac, address: ADDRESS };
    await using _dhcp = await startPlainDhcp(await wire.neighbour('10.78.0.3'), lease);
    machine = await stack.use(await openClient(wire, options)).boot();
  }
  // sshd waits for the host keys that this machine makes for itself.
  await onHost('systemctl is-system-running --wait');
  expect(await onHost('ip -o -4 address show scope global')).toContain(`${ADDRESS}/24`);
  nic = await onHost('ls /sys/class/net | grep -v lo | head -n 1');
  const hostKey = await onHost('cut -d " " -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub');
  await writeFile(join(home, 'known_hosts'), `${ADDRESS} ${hostKey}\n`);
  await writeFile(
    join(home, 'ssh_config'),
    `Host *\n  IdentityFile ${await targetHostKey()}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${join(home, 'known_hosts')}\n`,
  );
  await writeFile(join(home, 'lunsmith.yaml'), site());
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

describe('a machine that was built to be a target host', () => {
  it('takes a release over ssh and a client, and lets go of a portal that left the site', async () => {
    const { path, digest } = await clientRelease();
    await cli('publish', path, '--to', 'san1');
    await cli('promote', `client@${digest}`, 'stable');
    await onHost(`ip address add ${OTHER_ADDRESS}/24 dev ${nic}`);
    await writeFile(join(home, 'lunsmith.yaml'), site({ portals: [ADDRESS, OTHER_ADDRESS] }));
    await cli('client', 'add', 'web');
    const portals = '(cd /sys/kernel/config/target/iscsi && ls -d iqn*/tpgt_1/np/*) | sed s,.*/,,';
    expect(await onHost(portals)).toBe(`${ADDRESS}:3260\n${OTHER_ADDRESS}:3260`);
    await writeFile(join(home, 'lunsmith.yaml'), site());
    await cli('repair', '--on', 'san1');
    expect(await onHost(portals)).toBe(`${ADDRESS}:3260`);
    await onHost(`ip address del ${OTHER_ADDRESS}/24 dev ${nic}`);
    expect(await onHost(TARGETS)).toContain(`iqn.2026-01.org.example:san1:web.main.${digest.slice(0, 12)}-`);
    expect(await onHost('systemctl is-active dnsmasq nginx')).toBe('active\nactive');
    expect(await onHost('stat -c %a /etc/rtslib-fb-target/saveconfig.json')).toBe('600');
  });

  it('offers one image to several clients, who cannot write to it', async () => {
    const { path, digest } = await writeTinyRelease(home, 'kiosk', Buffer.alloc(4 << 20, 7), {
      overlay: 'tmpfs',
    });
    await cli('publish', path, '--to', 'san1');
    await cli('promote', `debian-bookworm@${digest}`, 'edge');
    await cli('client', 'add', ...KIOSKS);
    const image = `/srv/lunsmith/releases/${digest}/disk.img`;
    const before = await onHost(`sha256sum ${image}; ls /srv/lunsmith/clients`);
    expect(before.split('\n').slice(1)).toEqual(['web']);
    for (const name of KIOSKS) {
      const target = `iqn.2026-01.org.example:san1:${name}.main.${digest.slice(0, 12)}-`;
      const full = (await onHost(TARGETS)).split('\n').find((each) => each.startsWith(target)) ?? target;
      const lun = {
        target: full,
        initiator: `iqn.2026-01.org.example:san1:client.${name}`,
        chap: { user: name, secret: SECRET },
      };
      expect(await refusesWrites(lun, { address: ADDRESS, port: 3260 }, 0, wire.ports.run)).toBe(true);
    }
    expect(await onHost(`sha256sum ${image}; ls /srv/lunsmith/clients`)).toBe(before);
  });

  it('keeps its targets over a restart, and has them again from the rendered file', async () => {
    const before = await onHost(TARGETS);
    await onHost('systemctl restart rtslib-fb-targetctl');
    expect(await onHost(TARGETS)).toBe(before);
    await onHost('targetcli clearconfig confirm=True');
    expect(await onHost(TARGETS)).toBe('');
    // The client of the next test boots from what this has made.
    const restored = await onHost('targetcli restoreconfig /srv/lunsmith/conf/lio.json');
    expect(restored).toMatch(/^Configuration restored from /m);
    expect(restored).not.toMatch(/error/i);
    expect(await onHost(TARGETS)).toBe(before);
  });

  it('serves it: the client boots from its LIO', async () => {
    const options = { name: 'web', firmware: 'bios', mac: MAC, signal } as const;
    const client = stack.use(await openClient(wire, options));
    const session = await client.boot();
    const { text } = await session.run('cat /sys/class/iscsi_session/*/targetname');
    expect(text).toContain('iqn.2026-01.org.example:san1:web.main.');
    const doctor = await cli('doctor');
    expect(doctor.stdout).toContain('san1  all agrees');
    expect(await sessions()).toEqual(['iqn.2026-01.org.example:san1:client.web']);
    await expect(cli('client', 'rm', 'web', '--keep-entry')).rejects.toThrow(/web is running from it/);
    await client.powerOff(session);
    // The machine is gone without a word: LIO asks for a sign of life before it gives the session up.
    await expect.poll(sessions, { timeout: 180_000, interval: 2000 }).toEqual([]);
    await cli('client', 'rm', 'web', ...KIOSKS, '--keep-entry', '--yes', '--purge');
    expect(await onHost(TARGETS)).toBe('');
  });
});

if (cellSeed() === 'all') describe('the same machine with LUNs that are thin volumes of LVM', thinVolumes);

function thinVolumes(): void {
  const GROUP = 'vg0';
  const POOL = 'luns';
  const VOLUMES = `{ lvm: ${GROUP}/${POOL} }`;
  let first: Release;
  let second: Awaited<ReturnType<typeof writeTinyRelease>>;
  let client: ClientMachine;
  let session: Session;

  interface Volume {
    readonly bytes: number;
    /** The volume that it is a snapshot of. */
    readonly origin: string;
    readonly writable: boolean;
    /** Bytes that it, or what lies in the pool, takes. */
    readonly allocated: number;
  }

  /** What lvs(8) says, by name: the pool, those of releases, those of LUNs. */
  async function volumes(): Promise<ReadonlyMap<string, Volume>> {
    const how =
      "--noheadings --nosuffix --units b --separator '|' -o lv_name,lv_size,origin,lv_attr,data_percent";
    const lines = (await onHost(`lvs ${how} ${GROUP}`)).split('\n').filter((line) => line.includes('|'));
    return new Map(
      lines.map((line) => {
        const [name = '', size, origin = '', attr = '', percent] = line.trim().split('|');
        const allocated = (Number(size) * Number(percent)) / 100;
        return [name, { bytes: Number(size), origin, writable: attr[1] === 'w', allocated }];
      }),
    );
  }

  /** Of the volumes of LUNs: clients and sizes, in the order of their names. */
  async function luns(): Promise<string[]> {
    return [...(await volumes())]
      .filter(([name]) => name.startsWith('lunsmith+'))
      .map(
        ([name, { bytes, origin }]) =>
          `${name.split('+')[1]} ${bytes / 2 ** 20} MiB of ${origin.slice(0, 18)}`,
      )
      .sort();
  }
  const of = ({ digest }: { readonly digest: string }) => `lunsmith-seed+${digest.slice(0, 4)}`;
  const inSession = async (line: string) => (await session.run(line)).text;

  const lunsLieIn = (clone: string, wishes: Pick<Wishes, 'web'> = {}) =>
    writeFile(join(home, 'lunsmith.yaml'), site({ clone, others: DATABASE, ...wishes }));

  async function powerOff(): Promise<void> {
    await client.powerOff(session);
    await expect.poll(sessions, { timeout: 180_000, interval: 2000 }).toEqual([]);
  }

  beforeAll(async () => {
    await onHost('truncate --size 12G /srv/volumes');
    const device = await onHost('losetup --find --show /srv/volumes');
    await onHost(`vgcreate ${GROUP} ${device}`);
    await onHost(`lvcreate --type thin-pool --size 10G --name ${POOL} ${GROUP}`);
    first = await clientRelease();
    await cli('publish', first.path, '--to', 'san1');
    await cli('promote', `client@${first.digest}`, 'stable');
    await lunsLieIn('file');
    await cli('client', 'add', 'db');
    await lunsLieIn(VOLUMES);
  });

  it('has a volume of the release, and makes snapshots of it for next to nothing', async () => {
    await cli('client', 'add', 'web');
    const one = await volumes();
    const seed = one.get(`lunsmith-seed+${first.digest}`);
    const { bytes } = first.manifest.disk;
    expect(seed).toMatchObject({ bytes, origin: '', writable: false });
    // Its zeros take nothing: as much as the image does, in blocks of 64 KiB.
    const image = Number(
      await onHost(`du --block-size 1 /srv/lunsmith/releases/${first.digest}/disk.img | cut -f 1`),
    );
    expect(seed?.allocated).toBeGreaterThan(image * 0.7);
    expect(seed?.allocated).toBeLessThan(image * 1.4);
    // Its LUN was a file when it was added.
    expect(await onHost('ls /srv/lunsmith/clients')).toBe('db');
    await cli('client', 'reset', 'db', '--yes', '--purge');
    expect(await onHost('ls /srv/lunsmith/clients')).toBe('');
    const two = await volumes();
    const size = bytes / 2 ** 20;
    expect(await luns()).toEqual([`db ${size} MiB of ${of(first)}`, `web ${size} MiB of ${of(first)}`]);
    const grown = (two.get(POOL)?.allocated ?? 0) - (one.get(POOL)?.allocated ?? 0);
    expect(grown).toBeLessThan(16 * 2 ** 20);
    expect(await onHost(TARGETS)).toMatch(/:db\.main\.\S+\n.*:web\.main\./);
    expect((await cli('doctor')).stdout).toContain('san1  all agrees');
  });

  it('boots a client from one, which keeps what it wrote over a promotion that is rolled back', async () => {
    client = stack.use(await openClient(wire, { name: 'thin', firmware: 'bios', mac: MAC, signal }));
    session = await client.boot();
    const target = await inSession('cat /sys/class/iscsi_session/*/targetname');
    expect(target).toMatch(`${IQN}:web.main.${first.digest.slice(0, 12)}-`);
    await inSession('echo mine >/root/mine && sync');
    second = await writeTinyRelease(home, 'thin', Buffer.alloc(8 << 20, 7));
    await cli('publish', second.path, '--to', 'san1');
    await cli('promote', `debian-bookworm@${second.digest}`, 'stable');
    const size = first.manifest.disk.bytes / 2 ** 20;
    const [db, web] = [`db ${size} MiB of ${of(first)}`, `web ${size} MiB of ${of(first)}`];
    expect(await luns()).toEqual([db, web, `web 8 MiB of ${of(second)}`].sort());
    await cli('client', 'rebase', 'db');
    expect(await luns()).toEqual([db, `db 8 MiB of ${of(second)}`, web, `web 8 MiB of ${of(second)}`].sort());
    await cli('rollback', 'stable');
    await expect(cli('client', 'reset', 'web', '--yes')).rejects.toThrow(/web is running from it/);
    session = await client.reboot(session);
    expect(await inSession('cat /sys/class/iscsi_session/*/targetname')).toBe(target);
    expect(await inSession('cat /root/mine')).toBe('mine');
    // What it writes is its own, and not of the release.
    const seed = `/dev/${GROUP}/lunsmith-seed+${first.digest}`;
    expect(await onHost(`cmp ${seed} /srv/lunsmith/releases/${first.digest}/disk.img && echo same`)).toBe(
      'same',
    );
    await powerOff();
  });

  it('gives it a larger one by a reset, with nothing of what it wrote, and takes the former away', async () => {
    await lunsLieIn(VOLUMES, { web: ', size: 5G' });
    await cli('client', 'add', 'web');
    await cli('client', 'reset', 'web', '--yes', '--purge');
    // What it would go back to by a rollback stays.
    expect((await luns()).filter((line) => line.startsWith('web'))).toEqual([
      `web 5120 MiB of ${of(first)}`,
      `web 8 MiB of ${of(second)}`,
    ]);
    client = stack.use(await openClient(wire, { name: 'grown', firmware: 'bios', mac: MAC, signal }));
    session = await client.boot();
    expect(await inSession('test ! -e /root/mine && echo fresh')).toBe('fresh');
    const root = Number(await inSession('findmnt --noheadings --bytes --output SIZE /'));
    expect(root).toBeGreaterThan(4.5 * 2 ** 30);
    expect((await cli('doctor')).stdout).toContain('san1  all agrees');
    await powerOff();
  });

  it('brings back a volume that was deleted, and leaves none behind', async () => {
    await cli('client', 'rm', 'db', '--keep-entry', '--yes');
    const kept = (await luns()).filter((line) => line.startsWith('db'));
    expect(kept).not.toEqual([]);
    await cli('client', 'undelete', 'db');
    expect((await luns()).filter((line) => line.startsWith('db'))).toEqual(kept);
    await cli('client', 'rm', 'web', 'db', '--keep-entry', '--yes', '--purge');
    expect(await luns()).toEqual([]);
    expect(await onHost(TARGETS)).toBe('');
    // What clients wrote is free again: nothing takes room but the images of releases.
    const left = await volumes();
    const pool = left.get(POOL)?.allocated ?? 0;
    const releases = [...left.values()].reduce((sum, { allocated }) => sum + allocated, -pool);
    expect(pool).toBeLessThan(releases * 1.02);
  });

  it('removes volumes, and what was kept for their releases, after LUNs lie elsewhere', async () => {
    await cli('client', 'add', 'db');
    expect(await luns()).toHaveLength(1);
    await lunsLieIn('file');
    await cli('client', 'reset', 'db', '--yes', '--purge');
    expect([...(await volumes()).keys()]).toEqual([POOL]);
    expect(await onHost('ls /srv/lunsmith/clients')).toBe('db');
    await cli('client', 'rm', 'db', '--keep-entry', '--yes', '--purge');
    expect(await onHost(`${TARGETS}; ls /srv/lunsmith/clients`)).toBe('');
  });
}

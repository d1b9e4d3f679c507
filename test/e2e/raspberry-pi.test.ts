/**
 * Releases for Raspberry Pis: built on this machine from arm64 packages and from an image of Raspberry Pi OS, proven on QEMU's board, and
 * served to two boards at once, whose firmware is played over DHCP and TFTP.
 */
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { cellsOfPlatform } from '../../app/matrix.js';
import { type Bootable, prove } from '../../app/prove.js';
import { readCpio } from '../../artifacts/formats/cpio.js';
import { cellName } from '../../artifacts/platform/platform.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import type { Proof } from '../../artifacts/release/proof.js';
import { type Release, readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { lunImageOf } from '../../artifacts/release/roles.js';
import { UndoStack } from '../../base/undo-stack.js';
import { bootFirmware } from '../../gate/raspberry-pi/firmware.js';
import type { Session } from '../../gate/session.js';
import { readLock, toolsOf, writeLock } from '../../pipeline/plan/lock/lock.js';
import { piOsRelease, piRelease } from '../util/build.js';
import { type CliResult, lunsmith } from '../util/cli.js';
import { writePiRecipe } from '../util/pi-recipe.js';
import { expectBooted, expectRefused } from '../util/proofs.js';
import { openPi, type PiOnWire } from '../util/wire/pi.js';
import { startDhcp, startPlainDhcp, startTarget } from '../util/wire/servers.js';
import { openWire, type Wire } from '../util/wire/wire.js';

const SECTOR = 512;
let home: string;
let release: Release;
beforeAll(async () => {
  home = join(inject('shared'), 'raspberry-pi');
  await mkdir(home);
  release = await piRelease();
});

describe.each([
  ['built from packages', piRelease],
  ['of Raspberry Pi OS', piOsRelease],
])('prove of a system %s', (_, make) => {
  let proven: Release;
  let proofs: ReadonlyMap<string, Proof>;
  beforeAll(async () => {
    proven = await make();
    const request = {
      release: proven.path,
      cells: ({ platform }: Bootable) => cellsOfPlatform(platform),
      accel: 'auto',
      parallel: 1,
      workspace: join(inject('shared'), 'workspace'),
    } as const;
    const found = await prove(request, () => undefined, new AbortController().signal);
    proofs = new Map(found.map((proof) => [cellName(proof.cell), proof]));
  });

  it('boots the folder that TFTP serves, keeps a file over a reboot, and powers off', () =>
    expectBooted(proofs.get('pi3-tftp')));

  it('is refused with a wrong secret', () => expectRefused(proofs.get('pi3-tftp-wrong-secret')));

  it('leaves the release as it was', async () => {
    expect(await verifyRelease(await readRelease(proven.path))).toEqual([]);
  });
});

it('has kernel and firmware held, and nothing that would fill the firmware folder by itself', async () => {
  const { manifest, path } = release;
  const root = manifest.disk.partitions.find(({ mount }) => mount === '/');
  const image = `${join(path, lunImageOf(manifest))}?offset=${(root?.firstLba ?? 0) * SECTOR}`;
  const debugfs = async (request: string) => (await execa('debugfs', ['-R', request, image])).stdout;
  const status = await debugfs('cat /var/lib/dpkg/status');
  expect([...status.matchAll(/^Package: (.*)\nStatus: hold /gm)].map(([, name]) => name)).toEqual([
    expect.stringMatching(/^linux-image-6\.1\.0-\d+-arm64$/),
    'linux-image-arm64',
    'raspi-firmware',
  ]);
  for (const folder of ['kernel/postinst.d', 'kernel/postrm.d', 'initramfs/post-update.d']) {
    expect(await debugfs(`ls -p /etc/${folder}`)).not.toContain('raspi-firmware');
  }
});

it('has of Raspberry Pi OS its account and packages, and none of its first boot', async () => {
  const { manifest, path } = await piOsRelease();
  const image = `${join(path, lunImageOf(manifest))}?offset=${(manifest.disk.partitions[0]?.firstLba ?? 0) * SECTOR}`;
  const debugfs = async (request: string) => (await execa('debugfs', ['-R', request, image])).stdout;
  expect(manifest.packages?.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['pv', 'raspi-firmware']),
  );
  expect(await debugfs('stat /home/pi/.ssh/authorized_keys')).toMatch(/User:\s+1000\s+Group:\s+1000/);
  expect(await debugfs('cat /etc/group')).toMatch(/^adm:x:4:pi$/m);
  for (const unit of ['userconfig', 'dphys-swapfile', 'resize2fs_once']) {
    expect(await debugfs(`stat /etc/systemd/system/${unit}.service`)).toContain(
      'Fast link dest: "/dev/null"',
    );
  }
  expect(await debugfs('cat /etc/fstab')).not.toContain('PARTUUID');
  expect(await debugfs('cat /boot/firmware/config.txt')).toMatch(/\[cm4\]\notg_mode=1\n/);
  expect(await debugfs('cat /boot/firmware/cmdline.txt')).not.toContain('init=');
});

it('is the same where every program is emulated: disk, kernel, initramfs and firmware', async () => {
  const plain = join(home, 'plain');
  await mkdir(plain);
  const recipe = await writePiRecipe(plain, 'pi');
  const workspace = join(inject('shared'), 'workspace');
  expect((await lunsmith(['lock', recipe, '--workspace', workspace])).exitCode).toBe(0);
  const lock = await readLock(recipe);
  if (lock === undefined) throw new Error('no lock');
  expect(toolsOf(lock).map(({ name }) => name)).toContain('dash');
  await writeLock(recipe, { ...lock, steps: lock.steps.map(({ tools: _, ...step }) => step) });
  const output = join(plain, 'out');
  const built = await lunsmith(['build', recipe, '--output', output, '--workspace', workspace]);
  expect([built.exitCode, built.stderr]).toEqual([0, expect.stringContaining('no native tools')]);
  const { manifest } = await readRelease(join(output, 'pi', 'latest'));
  const digests = ({ artifacts }: Release['manifest']) => artifacts.map(({ path, digest }) => [path, digest]);
  expect(digests(manifest)).toEqual(digests(release.manifest));
});

const PIS = {
  pi1: { serial: '0000000012345678', mac: 'b8:27:eb:00:00:01' },
  pi2: { serial: '00000000abcdef01', mac: 'b8:27:eb:00:00:02' },
} as const;
type Name = keyof typeof PIS;
const NAMES = Object.keys(PIS) as Name[];
const SECRETS = { PI1_CHAP: 'canary-1-91ce77', PI2_CHAP: 'canary-2-0d4b1a' };

const site = (address: string) => `
hosts:
  lab:
    connect: ./lab
    address: ${address}
    target: { kind: tgt, prefix: iqn.2026-01.org.example:lab }
    dhcp: { kind: dnsmasq-proxy, interface: wire0, network: 10.78.0.0/24 }
    gate: []
clients:
  pi1: { serial: '${PIS.pi1.serial}', channel: stable, boot: tftp, secret: env:PI1_CHAP }
  pi2: { serial: '${PIS.pi2.serial}', channel: stable, boot: tftp, secret: env:PI2_CHAP }
`;

describe('two boards of one channel, beside the DHCP server of their network', () => {
  const stack = new UndoStack();
  const { signal } = new AbortController();
  let wire: Wire;
  beforeAll(async () => {
    wire = stack.use(await openWire(signal));
    await writeFile(join(home, 'lunsmith.yaml'), site(wire.address));
    stack.use(await startTarget(wire, join(home, 'tgtd')));
    stack.use(await startPlainDhcp(await wire.neighbour('10.78.0.3')));
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  /** The command line where the site file is; it must do what it was asked. */
  async function cli(...args: string[]): Promise<CliResult> {
    const env = { ...SECRETS, TGT_IPC_SOCKET: join(home, 'tgtd') };
    const result = await lunsmith([...args, '--site', join(home, 'lunsmith.yaml')], { env });
    if (result.exitCode !== 0) throw new Error(`${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
    for (const secret of Object.values(SECRETS)) expect(result.stdout + result.stderr).not.toContain(secret);
    return result;
  }

  let powerOns = 0;
  /** What a power-on brings into its memory. */
  async function poweredOn(name: Name) {
    const pi = { ...PIS[name], model: RASPBERRY_PI.gate.model };
    const folder = join(home, `memory-${powerOns++}`);
    const loaded = await bootFirmware(
      { pi, bridge: wire.bridge, folder, onLine: () => undefined },
      wire.ports,
    );
    const served = join(home, 'lab', 'tftp', pi.serial.slice(-8));
    const settings = readCpio(await readFile(join(served, RASPBERRY_PI.clientArchive)));
    return {
      name,
      commandLine: loaded.commandLine,
      kernel: await realpath(join(served, RASPBERRY_PI.files.kernel)),
      initramfs: await realpath(join(served, RASPBERRY_PI.files.initramfs)),
      settings: settings
        .map((entry) => (entry.type === 'file' ? Buffer.from(entry.content).toString() : ''))
        .join('\n'),
    };
  }

  async function expectPoweredOn(digest: string, commandLine: string): Promise<void> {
    for (const on of await Promise.all(NAMES.map(poweredOn))) {
      const { name } = on;
      expect(on.commandLine).toBe(commandLine);
      for (const path of [on.kernel, on.initramfs]) expect(path).toContain(`/lab/releases/${digest}/`);
      expect(on.settings).toContain(`iqn.2026-01.org.example:lab:${name}.main.${digest.slice(0, 12)}-`);
    }
  }

  /** What one that runs has from whom. */
  async function expectRunning(session: Session, name: Name, digest: string, commandLine: string) {
    const run = async (line: string) => (await session.run(line)).text;
    expect(await run('cat /sys/class/iscsi_session/*/targetname')).toMatch(
      `iqn.2026-01.org.example:lab:${name}.main.${digest.slice(0, 12)}-`,
    );
    expect(await run('cat /sys/class/iscsi_session/*/initiatorname')).toMatch(`:client.${name}`);
    expect(await run('cat /proc/cmdline')).toContain(`${commandLine} `);
    expect(await run('test -d /lib/modules/$(uname -r) && echo modules')).toBe('modules');
  }

  it('boot a release at once and the next one after its promotion, with a kernel, an initramfs and a LUN of one release', async () => {
    await cli('publish', release.path, '--to', 'lab');
    await cli('promote', `pi@${release.digest}`, 'stable', '--on', 'lab');
    for (const name of NAMES) await cli('client', 'add', name);
    stack.use(await startDhcp(wire, join(home, 'lab')));
    const boards = new Map<Name, PiOnWire>();
    for (const name of NAMES) boards.set(name, stack.use(await openPi(wire, { name, ...PIS[name], signal })));
    const board = (name: Name) => boards.get(name) as PiOnWire;
    const first = release.manifest.kernel?.commandLine ?? '';
    const sessions = new Map<Name, Session>();
    const eachAtOnce = (work: (name: Name) => Promise<void>) => Promise.all(NAMES.map(work));
    await eachAtOnce(async (name) => {
      const session = await board(name).boot();
      sessions.set(name, session);
      await expectRunning(session, name, release.digest, first);
      expect((await session.run(`echo ${name} > /mine && sync && cat /mine`)).text).toBe(name);
    });
    const next = await nextRelease();
    await cli('publish', next.path, '--to', 'lab');
    await cli('promote', `pi@${next.digest}`, 'stable', '--on', 'lab');
    await eachAtOnce(async (name) => {
      const session = await board(name).reboot(sessions.get(name) as Session);
      await expectRunning(session, name, next.digest, `${first} lunsmith.next=1`);
      expect((await session.run('test -e /mine || echo fresh')).text).toBe('fresh');
      await board(name).powerOff(session);
    });
    await cli('rollback', 'stable', '--on', 'lab');
    await expectPoweredOn(release.digest, first);
  });

  async function nextRelease(): Promise<Release> {
    const recipe = await writePiRecipe(home, 'pi', { parameters: ['lunsmith.next=1'] });
    const output = join(home, 'out');
    const places = ['--output', output, '--workspace', join(inject('shared'), 'workspace')];
    const { exitCode, stderr } = await lunsmith(['build', recipe, ...places]);
    expect([exitCode, stderr]).toEqual([0, '']);
    return readRelease(join(output, 'pi', 'latest'));
  }
});

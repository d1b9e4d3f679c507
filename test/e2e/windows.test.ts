/**
 * The LUN of an installer, booted by BIOS and by UEFI over real DHCP, TFTP, iPXE and iSCSI with CHAP, in the gate and by clients on whose
 * LUNs it would install a system. The medium is one of ours: its boot managers tell on the serial port what they were started from, and
 * read the largest file of the LUN.
 */
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { prove } from '../../app/prove.js';
import { PC } from '../../artifacts/platform/pc.js';
import { cellName, cellsOf } from '../../artifacts/platform/platform.js';
import type { Proof } from '../../artifacts/release/proof.js';
import { readRelease } from '../../artifacts/release/release.js';
import { clientRelease } from '../util/build.js';
import { cellSeed, choosePxelinuxMenus } from '../util/cells.js';
import { lunsmith } from '../util/cli.js';
import { writeLinuxDisc } from '../util/windows/linux-disc.js';
import {
  BOOT_IMAGE_BYTES,
  bootImage,
  checksumOf,
  mediumFiles,
  WINPE_FILES,
  writeBootDisc,
  writeDisc,
  writeWimboot,
} from '../util/windows/medium.js';
import { type Lab, openLab } from '../util/wire/lab.js';

let release: string;
/** The same with what stands in for wimboot, for a UEFI. */
let winpe: string;
let workspace: string;
/** A Linux that tells what it finds in the iBFT: the boot device after the network. */
let cd: string;

/** That the client's LUN is there, of a blank image `windows`. */
const linuxSays = (client: string) => [
  `linux: initiator initiator-name iqn.2026-01.org.example:lab:client.${client}`,
  expect.stringMatching(
    `^linux: target0 target-name iqn\\.2026-01\\.org\\.example:lab:${client}\\.windows\\.blank-\\d+$`,
  ) as string,
  `linux: target0 chap-name ${client}`,
  'linux: done',
];

async function build(home: string, name: string, installer: object): Promise<string> {
  const folder = join(home, name);
  await mkdir(folder);
  await writeFile(join(folder, 'recipe.yaml'), JSON.stringify({ name, installer }));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true }));
  const places = ['--output', join(home, 'out'), '--workspace', workspace];
  const { exitCode, stdout, stderr } = await lunsmith(['build', folder, '--twice', ...places]);
  expect([exitCode, stderr], stdout).toEqual([0, '']);
  return join(home, 'out', name, 'latest');
}

beforeAll(async () => {
  const home = join(inject('shared'), 'windows');
  workspace = join(inject('shared'), 'workspace');
  await mkdir(home);
  const iso = await writeDisc(home, { ...(await mediumFiles()), ...WINPE_FILES });
  cd = await writeLinuxDisc(join(home, 'linux'), (await clientRelease()).path);
  const about = { iso, shows: ['bootmgr: done', 'bootx64: done'], needs: '200M' };
  release = await build(home, 'windows', about);
  winpe = await build(home, 'winpe', { ...about, wimboot: await writeWimboot(home) });
});

const lines = async (cell: string) =>
  (await readFile(join(release, 'proofs', cell, 'console.log'), 'utf8'))
    .split('\n')
    .map((line) => line.replace(/^ *[\d.]+ {2}/, '').trim());

it('is started by BIOS and by UEFI with the iBFT, reads its largest file, and is not started with a wrong secret', async () => {
  const request = { release, cells: () => cellsOf(PC.matrix), accel: 'tcg', parallel: 1, workspace } as const;
  const proofs = await prove(request, () => undefined, new AbortController().signal);
  const byCell = new Map(proofs.map((proof): [string, Proof] => [cellName(proof.cell), proof]));
  expect([...byCell.keys()].sort()).toEqual(['bios-san', 'bios-san-wrong-secret', 'uefi-san']);
  const identity = (cell: string) => ({
    target: `iqn.2026-01.net.lunsmith.gate:disk.${cell}`,
    initiator: `iqn.2026-01.net.lunsmith.gate:client.${cell}`,
  });
  const sum = checksumOf(bootImage());
  for (const [cell, loader] of [
    ['bios-san', 'bootmgr'],
    ['uefi-san', 'bootx64'],
  ] as const) {
    const said = (await lines(cell)).filter((line) => line.startsWith(loader));
    const { target, initiator } = identity(cell);
    expect(said.slice(-4)).toEqual([
      `${loader}: initiator ${initiator}`,
      `${loader}: target ${target} lun 1 user gate-${cell} with a secret`,
      `${loader}: sources/boot.wim ${BOOT_IMAGE_BYTES} bytes, sum ${sum}`,
      `${loader}: done`,
    ]);
    const proof = byCell.get(cell);
    expect(proof?.checks.map(({ name, passed }) => [name, passed])).toEqual([
      ['boot to its boot loader', true],
      ['reads of the LUN', true],
      ['session at the target', true],
    ]);
    expect(proof?.milestones.at(-1)?.milestone).toBe('loader');
  }
  expect(await lines('bios-san')).toContain('bootmgr: started from drive 0x80');
  const refused = byCell.get('bios-san-wrong-secret');
  expect(refused?.passed).toBe(true);
  expect(refused?.checks.at(-1)).toEqual({ name: 'no boot loader', passed: true, found: 'none' });
});

it('refuses a direct boot, with what it offers', async () => {
  const { exitCode, stderr } = await lunsmith([
    'prove',
    release,
    '--path',
    'direct',
    '--workspace',
    workspace,
  ]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('The release windows cannot be booted like that.');
  expect(stderr).toContain('Expected: san by bios by uefi');
});

it('is shown by inspect, without a kernel', async () => {
  const { stdout, exitCode } = await lunsmith(['inspect', release]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('installer');
  const { manifest } = await readRelease(release);
  expect(manifest.kernel).toBeUndefined();
  expect(manifest.loader).toEqual({ reads: BOOT_IMAGE_BYTES, installs: 200 * 2 ** 20 });
});

describe('a client on whose LUN a system installs itself', () => {
  const CLIENTS = {
    pc7: { firmware: 'bios', mac: '52:54:00:aa:00:07', loader: 'bootmgr', installer: 'stable' },
    pc8: { firmware: 'uefi', mac: '52:54:00:aa:00:08', loader: 'bootx64', installer: 'edge' },
  } as const;
  type Name = keyof typeof CLIENTS;
  let lab: Lab;
  /** Where each client's LUNs lie, by the name of their image. */
  const luns = new Map<string, string>();
  let boots = 0;
  const CHAP = 'canary-7-c0ffee';

  beforeAll(async () => {
    const entry = (name: Name, secret: string) =>
      `{ mac: '${CLIENTS[name].mac}', secret: '${secret}', menu-seconds: 1, images: [{ name: windows, blank: 256M, installer: ${CLIENTS[name].installer} }] }`;
    lab = await openLab({
      home: join(inject('shared'), 'windows-lab'),
      // Who sits at pc8 is asked for its secret.
      clients: { pc7: entry('pc7', 'env:CHAP'), pc8: entry('pc8', 'prompt:env:CHAP') },
      secrets: { CHAP },
    });
    for (const [each, channel] of [
      [release, 'stable'],
      [winpe, 'edge'],
    ] as const) {
      await lab.cli('publish', each, '--to', 'lab');
      const { digest, manifest } = await readRelease(each);
      await lab.cli('promote', `${manifest.recipe.name}@${digest}`, channel, '--on', 'lab');
    }
    await lab.cli('client', 'add', 'pc7', 'pc8');
    for (const path of await readdir(join(lab.root, 'clients'), { recursive: true }))
      if (path.endsWith('.img')) luns.set(dirname(path), join(lab.root, 'clients', path));
    await lab.serve();
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  interface Step {
    readonly shows: RegExp;
    readonly type?: string;
  }

  /** Switches a machine on until its console has shown all of it. @returns what its boot manager said */
  async function bootsUntil(name: Name, ...steps: readonly Step[]): Promise<string[]> {
    const { firmware, mac, loader } = CLIENTS[name];
    boots += 1;
    await using machine = await lab.machine({ name: `pc${boots}`, firmware, mac });
    await machine.powerOn();
    for (const { shows, type } of steps) {
      await machine.shows(shows);
      if (type !== undefined) machine.type(type);
    }
    return machine.lines.map((line) => line.trim()).filter((line) => line.startsWith(loader));
  }

  const target = (name: Name, lun: number) =>
    expect.stringMatching(
      new RegExp(
        `^${CLIENTS[name].loader}: target iqn\\.2026-01\\.org\\.example:lab:${name}\\.windows\\.[0-9a-f]{12}-\\d+ lun ${lun} user ${name} with a secret$`,
      ),
    ) as string;
  const largest = (loader: string) =>
    `${loader}: sources/boot.wim ${BOOT_IMAGE_BYTES} bytes, sum ${checksumOf(bootImage())}`;

  it('by BIOS starts the installer, which has both LUNs; then what was installed', async () => {
    expect((await stat(luns.get('pc7/windows') ?? '')).blocks).toBe(0);
    const installing = await bootsUntil(
      'pc7',
      { shows: /Nothing on windows boots/ },
      { shows: /bootmgr: done/ },
    );
    expect(installing).toEqual([
      'bootmgr: started from drive 0x81',
      'bootmgr: drive 0x80 is blank',
      'bootmgr: drive 0x81 has a boot record',
      'bootmgr: initiator iqn.2026-01.org.example:lab:client.pc7',
      target('pc7', 1),
      target('pc7', 2),
      largest('bootmgr'),
      'bootmgr: done',
    ]);
    // What setup would do: the LUN has a boot record, a boot manager and files of its own.
    await execa('cp', ['--sparse=always', luns.get('pc7/windows-installer') ?? '', `${lab.root}.installed`]);
    await execa('dd', [
      ...[`if=${lab.root}.installed`, `of=${luns.get('pc7/windows')}`, 'bs=1M', 'conv=notrunc,sparse'],
    ]);
    await lab.cli('client', 'next', 'pc7', 'windows');
    const installed = await bootsUntil(
      'pc7',
      { shows: /Chosen for the next boot: windows/ },
      { shows: /bootmgr: done/ },
    );
    expect(installed[0]).toBe('bootmgr: started from drive 0x80');
    expect(installed.slice(-3)).toEqual([target('pc7', 1), largest('bootmgr'), 'bootmgr: done']);
  });

  /** The form has the user in its first field; Enter goes to the second, and ends it. */
  const typed = (secret: string): Step => ({ shows: /Password/, type: `\r${secret}\r` });

  it('by UEFI asks for the secret, goes on to the next boot device while nothing boots, and starts the installer by wimboot when that is chosen', async () => {
    await lab.cli('client', 'next', 'pc8', 'windows');
    const nothing = await bootsUntil(
      'pc8',
      typed('canary-7-wrong'),
      { shows: /The target refuses this user and secret, or does not answer/ },
      typed(CHAP),
      { shows: /Nothing on windows boots/ },
      { shows: /Going on to the next boot device/ },
      { shows: /BdsDxe: failed to start Boot/ },
    );
    expect(nothing).toEqual([]);
    await lab.cli('client', 'next', 'pc8', 'windows-installer');
    const { stdout } = await lab.cli('client', 'ls', '--on', 'lab', '--json');
    expect(JSON.parse(stdout)).toMatchObject([
      { client: 'pc7' },
      { client: 'pc8', next: true, installs: true },
    ]);
    const installing = await bootsUntil('pc8', typed(CHAP), { shows: /bootx64: done/ });
    const kept = await execa('grep', ['-rlF', CHAP, join(lab.root, 'http/')], { reject: false });
    expect(kept.stdout.split('\n').filter((path) => path.includes('/pc8/'))).toEqual([]);
    expect(installing.slice(1)).toEqual([
      'bootx64: initiator iqn.2026-01.org.example:lab:client.pc8',
      target('pc8', 1),
      target('pc8', 2),
      // Out of memory, and not from its LUN.
      largest('bootx64').replace('sources/', ''),
      'bootx64: done',
    ]);
  });
});

describe('a machine that PXELINUX leads to a LUN with nothing on it, and no installer beside it', () => {
  const MACHINES = {
    mac: { client: 'pc9', mac: '52:54:00:aa:00:09', file: '01-52-54-00-aa-00-09' },
    // Their site entries name no card: a serial number tells who they are, and an address that DHCP gives them which menu.
    address: { client: 'pc10', mac: '52:54:00:aa:00:10', file: '0A4E0016' },
    default: { client: 'pc11', mac: '52:54:00:aa:00:11', file: 'default' },
  } as const;
  const sent: string[] = [];
  const CHAP = 'canary-8-b1ade5';
  let lab: Lab;
  /** A CD in the place of Microsoft's. */
  let setup: string;

  beforeAll(async () => {
    const images = 'images: [{ name: windows, blank: 64M }]';
    const entry = (identity: string) => `{ ${identity}, secret: 'env:CHAP', ${images} }`;
    lab = await openLab({
      home: join(inject('shared'), 'pxelinux-lab'),
      clients: {
        pc9: entry(`mac: '${MACHINES.mac.mac}'`),
        pc10: entry(`serial: pc10, address: 10.78.0.22, netmask: 255.255.255.0`),
        pc11: entry('serial: pc11'),
      },
      secrets: { CHAP },
      pxelinux: {
        addresses: { [MACHINES.address.mac]: '10.78.0.22' },
        onLine: (line) => {
          const [, path = ''] = /sent \S+pxelinux\.cfg\/(\S+) to/.exec(line) ?? [];
          if (path !== '') sent.push(path);
        },
      },
    });
    await lab.cli('client', 'add', '--all');
    await lab.serve();
    setup = await writeBootDisc(join(inject('shared'), 'pxelinux-lab', 'cd'));
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  it.each(choosePxelinuxMenus(cellSeed()))(
    'by the menu of its %s goes on to the medium in it, which finds the LUN in the iBFT',
    async (menu) => {
      const { client, mac, file } = MACHINES[menu];
      const [speaker, medium] = menu === 'mac' ? ['linux', cd] : ['bootmgr', setup];
      await using machine = await lab.machine({
        ...{ name: client, firmware: 'bios', mac, serial: client },
        cd: medium,
      });
      await machine.powerOn();
      for (const shows of [
        /Nothing on windows boots/,
        /Going on to the next boot device/,
        new RegExp(`${speaker}: done`),
      ])
        await machine.shows(shows);
      const said = machine.lines.map((line) => line.trim()).filter((line) => line.startsWith(speaker));
      if (menu === 'mac') expect(said).toEqual(linuxSays(client));
      else {
        expect(said.slice(0, 2)).toEqual([
          'bootmgr: started from drive 0xe0',
          'bootmgr: drive 0x80 is blank',
        ]);
        expect(said).toContain(`bootmgr: initiator iqn.2026-01.org.example:lab:client.${client}`);
        expect(said).toContainEqual(
          expect.stringMatching(
            `^bootmgr: target iqn\\.2026-01\\.org\\.example:lab:${client}\\.windows\\.blank-\\d+ lun 1 user ${client} with a secret$`,
          ),
        );
      }
      expect(sent.at(-1)).toBe(file);
    },
  );
});

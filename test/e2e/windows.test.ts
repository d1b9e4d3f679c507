/**
 * The LUN of an installer, booted by BIOS and by UEFI over real DHCP, TFTP, iPXE and iSCSI with CHAP. The medium is one of ours: its boot
 * managers tell on the serial port what they were started from, and read the largest file of the LUN.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, inject, it } from 'vitest';
import { prove } from '../../app/prove.js';
import { PC } from '../../artifacts/platform/pc.js';
import { cellName, cellsOf } from '../../artifacts/platform/platform.js';
import type { Proof } from '../../artifacts/release/proof.js';
import { readRelease } from '../../artifacts/release/release.js';
import { lunsmith } from '../util/cli.js';
import { BOOT_IMAGE_BYTES, bootImage, checksumOf, mediumFiles, writeDisc } from '../util/windows/medium.js';

let release: string;
let workspace: string;

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
  const iso = await writeDisc(home, await mediumFiles());
  release = await build(home, 'windows', { iso, shows: ['bootmgr: done', 'bootx64: done'] });
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
      `${loader}: target ${target} user gate-${cell} with a secret`,
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
  expect((await readRelease(release)).manifest.kernel).toBeUndefined();
});

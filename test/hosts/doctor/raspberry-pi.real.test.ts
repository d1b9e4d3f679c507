/** A host whose client is a Raspberry Pi: what its firmware comes to by TFTP is told, of each folder in which it may look. */
import { chmod, cp, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Role } from '../../../artifacts/release/manifest.js';
import { canonicalJson, sha256OfText } from '../../../base/digest.js';
import { examineHost } from '../../../hosts/doctor.js';
import { type HostRig, hostRig, putRelease, wishesOf } from '../../util/host-rig.js';
import { clientFacts, type SmallRelease, smallRelease } from '../../util/hosts.js';

const CONFIG =
  'arm_64bit=1\nupstream_kernel=1\nkernel=vmlinuz\ninitramfs initrd.img,client.cpio followkernel\n';
const LINE = 'root=UUID=1 ro ip=dhcp console=ttyS1,115200';
const FILES: Readonly<Record<string, readonly [Role, string]>> = {
  'bcm2711-rpi-4-b.dtb': ['device-tree', 'tree'],
  'bcm2837-rpi-3-b.dtb': ['device-tree', 'tree'],
  'bootcode.bin': ['firmware', 'code'],
  'cmdline.txt': ['command-line', `${LINE}\n`],
  'config.txt': ['firmware', CONFIG],
  'fixup.dat': ['firmware', 'fix.'],
  'fixup4.dat': ['firmware', 'fix.'],
  'initrd.img': ['initramfs', 'init'],
  'start.elf': ['firmware', 'elf.'],
  'start4.elf': ['firmware', 'elf.'],
  vmlinuz: ['kernel', 'code'],
};
const PI = clientFacts(1, {
  name: 'pi1',
  mac: 'b8:27:eb:00:00:01',
  serial: '0000000012345678',
  images: [{ name: 'main', channel: 'stable', boot: 'tftp' }],
});

function piRelease(): SmallRelease {
  const { manifest, ...small } = smallRelease('pi');
  const lun = manifest.artifacts.filter(({ role }) => role === 'lun-image');
  const firmware = Object.entries(FILES).map(([name, [role, text]]) => ({
    role,
    path: `firmware/${name}`,
    bytes: Buffer.byteLength(text),
    digest: `sha256:${sha256OfText(text)}`,
  }));
  const pi = {
    ...manifest,
    platform: 'raspberry-pi',
    architecture: 'arm64',
    kernel: { version: '6.1', commandLine: LINE },
    artifacts: [...lun, ...firmware],
    boot: [{ method: 'tftp', artifacts: {} }],
  } satisfies SmallRelease['manifest'];
  return { ...small, manifest: pi, digest: sha256OfText(canonicalJson(pi)), proofs: [] };
}

let rig: HostRig;
let firmware: string;
let whole: string;
const { act } = wishesOf(() => rig);
beforeAll(async () => {
  rig = await hostRig(() => ({ gate: [] }));
  const release = piRelease();
  await putRelease(rig.root, release);
  firmware = join(rig.root, 'releases', release.digest, 'firmware');
  for (const [name, [, text]] of Object.entries(FILES)) await writeFile(join(firmware, name), text);
  await act({ kind: 'promote', channel: 'stable', release: release.digest });
  await act({ kind: 'add', client: PI });
  whole = `${rig.folder}.whole`;
  await cp(rig.folder, whole, { recursive: true, verbatimSymlinks: true });
});
afterEach(async () => {
  await rm(rig.folder, { recursive: true });
  await cp(whole, rig.folder, { recursive: true, verbatimSymlinks: true });
});
afterAll(async () => {
  await rm(whole, { recursive: true });
  await rig[Symbol.asyncDispose]();
});

/** What is told of the folders in which it looks. */
async function found(): Promise<unknown[]> {
  const site = { clients: [PI], channels: ['stable', 'edge'] };
  const { adapter } = rig.options.drivers;
  const all = await examineHost({ host: rig.host, adapter, site }, rig.ports);
  const folders = ['12345678', 'b8-27-eb-00-00-01'].map((name) => join(rig.root, 'tftp', name));
  return all
    .filter(({ where }) => folders.includes(where))
    .map(({ level, what, found }) => [level, what, found]);
}

it('a whole folder boots the models that the release is for', async () => {
  expect(await found()).toEqual([]);
});

it('without the kernel no model comes to it, by neither way', async () => {
  await unlink(join(firmware, 'vmlinuz'));
  const what = 'No Raspberry Pi comes to its kernel as the client pi1.';
  const stops = (folder: string, models: readonly string[]): unknown =>
    expect.stringContaining(
      models.map((model) => `${model}: ${folder}/vmlinuz: The Pi has no kernel to start.`).join('; '),
    );
  expect(await found()).toEqual([
    ['error', what, stops('12345678', ['3B', '3B+', '4B', '5'])],
    ['error', what, stops('b8-27-eb-00-00-01', ['3B', '3B+', '4B', '5'])],
  ]);
});

it('without the program in the root only those start that have it in their EEPROM', async () => {
  await unlink(join(firmware, 'bootcode.bin'));
  expect(await found()).toEqual([]);
  await unlink(join(firmware, 'start4.elf'));
  expect(await found()).toMatchObject([
    [
      'error',
      expect.any(String),
      expect.stringMatching(
        /3B: bootcode\.bin: The boot ROM finds nothing to run.*4B: start4\.elf: The Pi stops/,
      ),
    ],
    ['error', expect.any(String), expect.any(String)],
  ]);
});

it('an initramfs line that leaves the archive out starts it without its account', async () => {
  await chmod(join(firmware, 'config.txt'), 0o644);
  await writeFile(join(firmware, 'config.txt'), CONFIG.replace(',client.cpio', ''));
  const [first] = await found();
  expect(first).toEqual([
    'error',
    'A Raspberry Pi would start as the client pi1 without its account.',
    'no client.cpio for 3B, 4B',
  ]);
});

it('an initramfs that is no multiple of four bytes hides what follows it', async () => {
  await writeFile(join(firmware, 'initrd.img'), 'odd');
  const [first] = await found();
  expect(first).toEqual([
    'warning',
    'The firmware of a Raspberry Pi leaves something out for the client pi1.',
    '12345678/initrd.img: It has 3 bytes, no multiple of 4: what follows it in memory is not unpacked.',
  ]);
});

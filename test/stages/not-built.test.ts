/** What is refused by its name: at the place where a recipe writes it, with a reason, and never as an unknown word. */
import { expect, it } from 'vitest';
import { NOT_BUILT } from '../../artifacts/platform/not-built.js';
import { distributions } from '../../stages/distribution/index.js';
import { stages } from '../../stages/index.js';
import { recipeRig } from '../util/recipe-rig.js';

const RECIPE = `name: demo
steps:
  - uses: debootstrap
    with: { suite: bookworm }
  - uses: packages
    with: { install: [linux-image-amd64] }
  - uses: iscsi-initiator
  - uses: network
    with: { dns: keep }
  - uses: initramfs
  - uses: seal
disk:
  size: 4G
  partitions:
    - { name: esp, type: esp, size: 64M }
    - { name: root, type: linux, size: rest, mount: / }
kernel:
  command-line: [console=ttyS0]
`;

const ROOT = '- { name: root, type: linux,';
const filesystem = (name: string) => [ROOT, `${ROOT} filesystem: @${name},`] as const;
const type = (name: string) => [ROOT, `- { name: root, type: @${name},`] as const;
const ofPartition = (text: string) => [ROOT, `${ROOT} ${text},`] as const;
const ofDisk = (text: string) => ['  size: 4G\n', `  size: 4G\n  ${text}\n`] as const;
const ofNetwork = (text: string) => ['dns: keep', `dns: keep, ${text}`] as const;
const packages = (name: string) => ['[linux-image-amd64]', `[linux-image-amd64, @${name}]`] as const;
const parameter = (text: string) => ['[console=ttyS0]', `[console=ttyS0, @'${text}']`] as const;

/** A text of the recipe, and what stands there instead; `@` marks the place that is to be told. */
const CASES: readonly (readonly [what: string, change: readonly [from: string, to: string]])[] = [
  ['A root on LVM is not built', type('lvm')],
  ['A root on LVM is not built', filesystem('LVM2_member')],
  ['A root on LVM is not built', ofDisk('@volume-groups: [vg0]')],
  ['A root on LVM is not built', parameter('rd.lvm.lv=vg0/root')],
  ['An encrypted root (LUKS) is not built', filesystem('crypto_LUKS')],
  ['An encrypted root (LUKS) is not built', ofPartition('@encrypted: true')],
  ['An encrypted root (LUKS) is not built', ofDisk('@luks: {}')],
  ['An encrypted root (LUKS) is not built', packages('cryptsetup-initramfs')],
  ['An encrypted root (LUKS) is not built', parameter('cryptdevice=/dev/sda2:root')],
  ['The sectors of an image are of 512 bytes', ofDisk('@sector-size: 4096')],
  ['The sectors of an image are of 512 bytes', ofDisk('@block_size: 4096')],
  ['A root on ZFS is not built', filesystem('zfs')],
  ['A root on ZFS is not built', packages('zfs-initramfs')],
  ['A root on ZFS is not built', parameter('zfs=rpool/root')],
  ['A root on F2FS is not built', filesystem('f2fs')],
  ['A root on XFS is not built', filesystem('xfs')],
  ['Subvolumes of Btrfs are not built', ofPartition('filesystem: btrfs, @subvolume: root')],
  ['A bond of boot NICs is not built', ofNetwork('@bond: [eno1, eno2]')],
  ['A bond of boot NICs is not built', parameter('bond=bond0:eno1,eno2')],
  ['A VLAN of the boot NIC is told by the step `network` alone', ofNetwork('@vlan-id: 42')],
  ['A VLAN of the boot NIC is told by the step `network` alone', ofDisk('@vlan: 42')],
  ['A VLAN of the boot NIC is told by the step `network` alone', parameter('vlan=eno1.42:eno1')],
  ['Jumbo frames on the boot NIC are not built', ofNetwork('@mtu: 9000')],
  ['A root by IPv6 is not built', ofNetwork('@ipv6: true')],
  ['A root by IPv6 is not built', parameter('ip=dhcp6')],
  ['Modules built by DKMS are refused', packages('zfs-dkms/bookworm-backports')],
  ['Modules built by DKMS are refused', ['suite: bookworm', 'suite: bookworm, include: [@dkms]']],
];

it.each(CASES)('%s: %j', async (what, [from, to]) => {
  const text = RECIPE.replace(from, to.replace('@', ''));
  const before = RECIPE.slice(0, RECIPE.indexOf(from)) + to.slice(0, to.indexOf('@'));
  const [line, column] = [before.split('\n').length, before.length - before.lastIndexOf('\n')];
  await using rig = await recipeRig({ 'r/recipe.yaml': text }, stages, distributions);
  const [first = '', ...rest] = (await rig.problems('r')).split('\n');
  expect(first.slice(0, `r/recipe.yaml:${line}:${column} ${what}`.length)).toBe(
    `r/recipe.yaml:${line}:${column} ${what}`,
  );
  expect(rest.find((one) => one.startsWith('  Hint: '))).toBeDefined();
  expect(rest.some((one) => /^\S+:\d+:\d+ /.test(one))).toBe(false);
});

it('has a case for each', () => {
  const left = NOT_BUILT.filter((row) => !CASES.some(([what]) => row.what.startsWith(what)));
  expect(left).toEqual([]);
});

it('the recipe without them is right', async () => {
  await using rig = await recipeRig({ 'r/recipe.yaml': RECIPE }, stages, distributions);
  expect(await rig.problems('r')).toBe('');
});

/** What of a VLAN of the boot NIC is placed, found and taken back, and what is refused with it. */
import { describe, expect, it } from 'vitest';
import type { StageContext } from '../../../../pipeline/stage.js';
import { raspberryPiArtifacts } from '../../../../stages/boot-artifacts/raspberry-pi.js';
import { debian } from '../../../../stages/distribution/debian/index.js';
import { missingParts } from '../../../../stages/distribution/debian/initramfs/texts.js';
import { initramfs } from '../../../../stages/distribution/debian/initramfs.js';
import { vlan, vlanScript } from '../../../../stages/distribution/debian/vlan.js';
import { network } from '../../../../stages/network.js';
import { type RootTree, rootTree } from '../../../../stages/rootfs/tree.js';
import { testFolder } from '../../../artifacts/formats/tools.js';
import { failureOf } from '../../../util/failure-of.js';

const HOOK = '/etc/initramfs-tools/hooks/lunsmith-vlan';
const SCRIPT = '/etc/initramfs-tools/scripts/init-premount/lunsmith-vlan';
const IP = '/usr/bin/ip';
const WISHES = {
  compression: 'zstd',
  level: undefined,
  rootFilesystem: 'ext4',
  modules: [],
  overlay: false,
} as const;

/** A tree in which dpkg has this package, and these files lie. */
async function withTree<T>(
  generator: string,
  files: readonly string[],
  look: (tree: RootTree) => Promise<T>,
): Promise<T> {
  await using folder = await testFolder();
  const tree = rootTree(folder.path);
  await tree.write(
    '/var/lib/dpkg/status',
    `Package: ${generator}\nStatus: install ok installed\nVersion: 1\n`,
  );
  for (const file of files) await tree.write(file, '');
  return await look(tree);
}

it('is placed, found by what boots it, and taken back of an imported root', async () => {
  await withTree('initramfs-tools', [IP], async (tree) => {
    expect(await vlan.find(tree)).toBeUndefined();
    await vlan.place(tree, 4094);
    expect(await vlan.find(tree)).toBe(4094);
    expect(await tree.read(SCRIPT)).toBe(vlanScript(4094));
    expect(await tree.read(HOOK)).toMatch(
      /^manual_add_modules 8021q\ncopy_exec .* \/usr\/lib\/lunsmith\/ip$/m,
    );
    await initramfs.configure(tree, WISHES);
    await vlan.remove(tree);
    expect(await vlan.find(tree)).toBeUndefined();
    expect([await tree.exists(HOOK), await tree.exists(SCRIPT)]).toEqual([false, false]);
  });
});

it('is gone from an imported root that shall have none, with what kept it up', async () => {
  const kept = '/etc/systemd/network/00-boot-vlan.network';
  const own = '/etc/systemd/network/50-own.network';
  await withTree('initramfs-tools', [IP, kept, own], async (tree) => {
    await vlan.place(tree, 5);
    const options = network.options.parse({ manager: 'none', dns: 'keep' });
    const rootfs = await tree.locate('/');
    await network.run({
      options,
      rootfs,
      distribution: debian,
      warn: () => undefined,
    } as unknown as Parameters<typeof network.run>[0]);
    expect(await Promise.all([HOOK, SCRIPT, kept, own].map((path) => tree.exists(path)))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

it('leaves a root alone that had none', async () => {
  await withTree('initramfs-tools', [], async (tree) => {
    await vlan.remove(tree);
    expect(await tree.exists('/etc')).toBe(false);
  });
});

describe('is refused', () => {
  it('with dracut', async () => {
    const failure = await withTree('dracut', [IP], (tree) => failureOf(vlan.place(tree, 5)));
    expect(failure.diagnostics[0]?.what).toMatch(
      /^A VLAN of the boot NIC is not built with an initramfs by dracut/,
    );
  });
  it('with dracut that a later step installed', async () => {
    const failure = await withTree('dracut', [HOOK], (tree) => failureOf(initramfs.configure(tree, WISHES)));
    expect(failure.diagnostics[0]?.what).toMatch(
      /^A VLAN of the boot NIC is not built with an initramfs by dracut/,
    );
  });
  it('without the program that makes it', async () => {
    const failure = await withTree('initramfs-tools', [], (tree) => failureOf(vlan.place(tree, 5)));
    expect(failure.diagnostics[0]?.what).toMatch(/^The package iproute2 is not installed/);
  });
  it('with a Raspberry Pi', async () => {
    const failure = await withTree('initramfs-tools', [IP], ({ locate }) =>
      failureOf(locate('/').then((rootfs) => raspberryPiArtifacts({ rootfs } as StageContext<unknown>, 5))),
    );
    expect(failure.diagnostics[0]?.what).toMatch(/^A VLAN of the boot NIC is not built for a Raspberry Pi/);
  });
  it('with a Raspberry Pi, before anything is built', () => {
    const findings = (platform: string) =>
      network.check?.({
        options: network.options.parse({ vlan: 5 }),
        recipe: { platform },
      } as Parameters<NonNullable<typeof network.check>>[0]);
    expect(findings('pc')).toEqual([]);
    expect(findings('raspberry-pi')).toMatchObject([
      { path: ['vlan'], expected: 'a PC with a Debian that has initramfs-tools' },
    ]);
  });
  it('with several paths, whichever step came first', async () => {
    const failure = await withTree(
      'initramfs-tools',
      [HOOK, '/etc/initramfs-tools/hooks/lunsmith-multipath'],
      (tree) => failureOf(initramfs.configure(tree, WISHES)),
    );
    expect(failure.diagnostics[0]?.what).toMatch(/^Several paths to the root are not built where/);
  });
});

it('an initramfs lacks what makes it', () => {
  const without = missingParts([], { builtin: '', settings: '', overlay: false });
  const lacking = missingParts([], { builtin: '', settings: '', overlay: false, vlan: true });
  expect(lacking.filter((each) => !without.includes(each))).toEqual([
    'the kernel module 8021q',
    'the program ip',
    'the script scripts/init-premount/lunsmith-vlan',
  ]);
  const there = [
    'usr/lib/modules/6/kernel/net/8021q/8021q.ko',
    'usr/lib/lunsmith/ip',
    'scripts/init-premount/lunsmith-vlan',
  ];
  expect(missingParts(there, { builtin: '', settings: '', overlay: false, vlan: true })).toEqual(without);
});

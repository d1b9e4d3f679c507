/** What dracut is told, what its initramfs has to hold, and what is refused with it. */
import { describe, expect, it } from 'vitest';
import { findSymptom } from '../../../../artifacts/release/symptoms.js';
import { milestoneOfConsole } from '../../../../gate/milestones.js';
import { CONSOLES, console as consoleOf } from '../../../../stages/distribution/debian/console.js';
import { generatorOf } from '../../../../stages/distribution/debian/generator.js';
import { initiator } from '../../../../stages/distribution/debian/initiator.js';
import { IPCONFIG, OVERLAY_FILE } from '../../../../stages/distribution/debian/initramfs/dracut/module.js';
import { dracutConf, missingParts } from '../../../../stages/distribution/debian/initramfs/dracut/texts.js';
import { initramfs } from '../../../../stages/distribution/debian/initramfs.js';
import { type RootTree, rootTree } from '../../../../stages/rootfs/tree.js';
import { testFolder } from '../../../artifacts/formats/tools.js';
import { failureOf } from '../../../util/failure-of.js';

/** A tree in which dpkg has these packages, and these files lie. */
async function withTree<T>(
  { packages, files = [] }: { readonly packages: readonly string[]; readonly files?: readonly string[] },
  look: (tree: RootTree) => Promise<T>,
): Promise<T> {
  await using folder = await testFolder();
  const tree = rootTree(folder.path);
  const status = packages.map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1\n`);
  await tree.write('/var/lib/dpkg/status', status.join('\n'));
  for (const file of files) await tree.write(file, '');
  return await look(tree);
}

const WISHES = { rootFilesystem: 'ext4', overlay: false } as const;
const NETWORK = '/usr/lib/dracut/modules.d/90kernel-network-modules/module-setup.sh';

describe('its configuration', () => {
  it('asks the build host for nothing, and leaves the network to our module', () => {
    expect(
      dracutConf({ compression: 'zstd', level: undefined, modules: [] }),
    ).toBe(`# Written by lunsmith: a root on iSCSI.
hostonly="no"
reproducible="yes"
compress="zstd -q -T0 -15"
add_dracutmodules+=" lunsmith "
omit_dracutmodules+=" network network-legacy network-manager systemd-networkd connman ifcfg url-lib qemu-net iscsi nfs nbd cifs fcoe fcoe-uefi ssh-client nvmf "
`);
  });
  it.each([
    ['zstd', 3, 'zstd -q -T0 -3'],
    ['gzip', undefined, 'gzip -n -9'],
    ['xz', undefined, 'xz --check=crc32 -T1 -6'],
    ['lz4', 1, 'lz4 -l -1'],
  ] as const)('compresses by %s, level %s', (compression, level, words) => {
    expect(dracutConf({ compression, level, modules: [] })).toContain(`\ncompress="${words}"\n`);
  });
  it('loads more modules, whose options are modprobe’s', async () => {
    const modules = ['e1000e', 'bnx2 disable_msi=1'];
    expect(dracutConf({ compression: 'xz', level: 1, modules })).toContain(
      '\nforce_drivers+=" e1000e bnx2 "\n',
    );
    const files = [NETWORK, IPCONFIG, '/usr/bin/ip'];
    const written = await withTree({ packages: ['dracut'], files }, async (tree) => {
      await initramfs.configure(tree, { ...WISHES, compression: 'xz', level: 1, modules });
      return Promise.all(
        ['/etc/modprobe.d/lunsmith.conf', '/etc/dracut.conf.d/zz-lunsmith.conf'].map((path) =>
          tree.read(path),
        ),
      );
    });
    expect(written).toEqual([
      'options bnx2 disable_msi=1\n',
      dracutConf({ compression: 'xz', level: 1, modules }),
    ]);
  });
});

it('takes back the overlay of an imported root that had one, and any number before the name of a module', async () => {
  const files = [NETWORK.replace('90', '70'), IPCONFIG, '/usr/bin/ip', OVERLAY_FILE[0]];
  const left = await withTree({ packages: ['dracut'], files }, async (tree) => {
    await initramfs.configure(tree, { ...WISHES, compression: 'xz', level: 1, modules: [] });
    return tree.exists(OVERLAY_FILE[0]);
  });
  expect(left).toBe(false);
});

describe('its initramfs', () => {
  const line = (path: string) => `-rwxr-xr-x   1 root     root         3912 Mar  9  2023 ${path}`;
  const whole = [
    'Image: /boot/initrd.img-6.1.0-50-amd64: 21M',
    '========================================================================',
    line('usr/sbin/iscsistart'),
    line('usr/bin/ipconfig'),
    line('usr/lib/modules/6.1.0-50-amd64/kernel/drivers/scsi/iscsi_tcp.ko'),
    line('usr/lib/lunsmith/iscsi'),
    line('etc/iscsi.initramfs'),
    'lrwxrwxrwx   1 root     root            7 Mar  9  2023 bin -> usr/bin',
  ];
  it('lacks nothing that it can do with', () => {
    const builtin = 'kernel/drivers/firmware/iscsi_ibft.ko\n';
    const settings = 'ISCSI_AUTO=true\n';
    expect(missingParts(whole, { builtin, settings, overlay: false })).toEqual([]);
    expect(missingParts(whole, { builtin, settings, overlay: true })).toEqual(['the kernel module overlay']);
    expect(missingParts(whole, { builtin: '', settings: '', overlay: false })).toEqual([]);
    expect(missingParts([], { builtin: '', settings, overlay: false })).toEqual([
      'the program iscsistart',
      'the program ipconfig',
      'the kernel module iscsi_tcp',
      'the module lunsmith',
      'the file etc/iscsi.initramfs',
      'the kernel module iscsi_ibft',
    ]);
  });
  it('is no file by the name alone', () => {
    expect(
      missingParts(['Arguments: usr/bin/ipconfig'], { builtin: '', settings: '', overlay: false }),
    ).toContain('the program ipconfig');
  });
});

it.each([
  ['dracut-network', [IPCONFIG, '/usr/bin/ip']],
  ['klibc-utils', [NETWORK, '/bin/ip']],
  ['iproute2', [NETWORK, IPCONFIG]],
])('%s is named where it is not installed', async (name, files) => {
  const failure = await withTree({ packages: ['dracut'], files }, (tree) =>
    failureOf(initramfs.configure(tree, { ...WISHES, compression: 'zstd', level: undefined, modules: [] })),
  );
  const [told] = failure.diagnostics;
  expect(told?.what).toMatch(`The package ${name} is not installed, `);
  expect(told?.hint).toBe(
    `An initramfs by dracut wants it: add \`${name}\` to a \`packages\` step before this one.`,
  );
});

it('several paths are refused', async () => {
  const ctx = { warn: expect.unreachable, epoch: 0, chroot: () => expect.unreachable() };
  const failure = await withTree({ packages: ['dracut', 'open-iscsi'] }, async (tree) => {
    await initiator.place(ctx, tree, { identity: 'ibft', multipath: false });
    return failureOf(initiator.place(ctx, tree, { identity: 'ibft', multipath: true }));
  });
  expect(failure.diagnostics[0]?.what).toBe(
    'Several paths to the root are not built with an initramfs by dracut: its login takes one portal.',
  );
});

it('is the generator where it is installed', async () => {
  const of = (...packages: string[]) =>
    withTree({ packages }, async (tree) => [await generatorOf(tree), await consoleOf.signs(tree)]);
  expect(await of('dracut', 'dracut-core')).toEqual(['dracut', CONSOLES.dracut]);
  expect(await of('initramfs-tools', 'dracut-core')).toEqual([
    'initramfs-tools',
    CONSOLES['initramfs-tools'],
  ]);
  expect(await of()).toEqual(['initramfs-tools', CONSOLES['initramfs-tools']]);
});

/** Lines of boots of Debian 12. */
it.each([
  ['Welcome to Debian GNU/Linux 12 (bookworm) dracut-059-4 (Initramfs)!', 'kernel'],
  [
    '[   31.869944] dracut-initqueue[266]: IP-Config: enp0s2 hardware address 52:54:00:d5:68:cf mtu 1500 DHCP',
    'kernel',
  ],
  [
    '[   33.881465] dracut-initqueue[267]: iscsistart: Connection1:0 to [target: iqn.2026-01.org.example:disk, portal: 10.77.0.1,3260] through [iface: default] is operational now',
    'initramfs-login',
  ],
  ['[\u001b[0;32m  OK  \u001b[0m] Mounted \u001b[0;1;39msysroot.mount\u001b[0m - /sysroot.', 'root-mount'],
  ['Welcome to Debian GNU/Linux 12 (bookworm)!', 'root-mount'],
])('its line %j is the milestone %s', (line, milestone) => {
  expect(milestoneOfConsole(line, CONSOLES.dracut)).toBe(milestone);
});

it.each([
  [
    '[   33.086244] dracut-initqueue[267]: iscsistart: initiator reported error (24 - iSCSI login failed due to authorization failure)',
    'initramfs-refused',
  ],
  ['Entering emergency mode. Exit the shell to continue.', 'initramfs-shell'],
  ['[   40.1] dracut: FATAL: The overlay of the root cannot be mounted', 'initramfs-shell'],
  ['[   33.075122] dracut-initqueue[267]: iscsistart: version 2.1.8', undefined],
])('its line %j is the symptom %s', (line, kind) => {
  expect(findSymptom(line, CONSOLES.dracut)?.kind).toBe(kind);
});

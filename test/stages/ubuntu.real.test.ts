/** A root of Ubuntu, made of the miniature of test/util/ubuntu/miniature.ts. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UndoStack } from '../../base/undo-stack.js';
import { runStages, type StageRig } from '../util/stage-rig.js';
import { type UbuntuArchive, UNIVERSE, ubuntuArchive } from '../util/ubuntu/miniature.js';

const PACKAGES = [
  ...['linux-image-generic', 'initramfs-tools', 'busybox-initramfs', 'zstd', 'e2fsprogs', 'open-iscsi'],
  ...['systemd-sysv', 'udev', 'netplan.io', 'network-manager', ...UNIVERSE],
];
/** As an installer or cloud-init leaves them: each would take the boot NIC. */
const NETPLAN = `install -m 600 /dev/stdin /etc/netplan/50-cloud-init.yaml <<'END'
network: { version: 2, ethernets: { all-en: { match: { name: 'en*' }, dhcp4: true } } }
END
install -m 600 /dev/stdin /etc/netplan/60-desktop.yaml <<'END'
network: { version: 2, ethernets: { desk: { renderer: NetworkManager, match: { name: 'en*' }, dhcp4: true } } }
END`;

const stack = new UndoStack();
let archive: UbuntuArchive;
let rig: StageRig;
beforeAll(async () => {
  archive = stack.use(await ubuntuArchive());
  const bootstrap = { suite: 'noble', components: ['main', 'universe'], keyring: archive.keyring };
  const steps = [
    { uses: 'debootstrap', with: { ...bootstrap, documentation: false } },
    { uses: 'packages', with: { install: PACKAGES } },
    { uses: 'run', with: { script: NETPLAN } },
    { uses: 'iscsi-initiator', with: {} },
    { uses: 'network', with: {} },
    { uses: 'initramfs', with: {} },
  ];
  rig = stack.use(await runStages(steps, { base: 'empty', mirror: archive.url }));
});
afterAll(() => stack[Symbol.asyncDispose]());

const lines = async (script: string) => (await rig.exec(['sh', '-c', script])).trim().split('\n');

it('comes from all pockets and components, each at its newest', async () => {
  expect(rig.failure).toBeUndefined();
  expect(rig.lock.indexes.map(({ archive: name, suite }) => `${name} ${suite}`)).toEqual([
    'main noble',
    'main noble-updates',
    'security noble-security',
  ]);
  expect(await lines("dpkg-query --show -f '${Package} ${Version}\\n' base-files hello hostname")).toEqual([
    'base-files 13.99ubuntu10.1',
    expect.stringMatching(/^hello /),
    'hostname 3.99ubuntu1',
  ]);
  expect(await lines('. /etc/os-release; echo $ID $VERSION_ID; head -n 1 /etc/issue')).toEqual([
    'ubuntu 24.04',
    'Ubuntu 24.04.1 LTS \\n \\l',
  ]);
});

it('names archives of Ubuntu, and knows no keys and sources of Debian', async () => {
  const [, ...pockets] = ['', '', '-updates', '-security'];
  const sources = await lines('cat /etc/apt/sources.list');
  expect(sources.map((line) => line.replace(/\S+:\/\/\S+/, 'URL'))).toEqual(
    pockets.map((pocket) => `deb [signed-by=/etc/apt/keyrings/keyring.gpg] URL noble${pocket} main universe`),
  );
  for (const line of sources) expect(line).toMatch(/\/ubuntu noble/);
  expect(
    await lines('ls /usr/share/keyrings; ls -d /snap /var/snap /var/lib/snapd 2>&1 | grep -c "No such"'),
  ).toEqual(['ubuntu-archive-keyring.gpg', '3']);
});

it('boots its generic kernel by the links of the root', async () => {
  const [kernel, initramfs, mode] = await lines('readlink /vmlinuz /initrd.img; stat -c %a /boot/vmlinuz-*');
  expect(kernel).toMatch(/^boot\/vmlinuz-/);
  expect(initramfs).toBe(kernel?.replace('vmlinuz', 'initrd.img'));
  expect(mode).toBe('600');
  expect(await lines('cat /etc/kernel-img.conf')).toEqual(['link_in_boot = no']);
  const listed = await rig.exec(['lsinitramfs', '/initrd.img']);
  for (const part of ['sbin/iscsistart', '/iscsi_tcp.ko', 'scripts/local-top/iscsi', 'bin/busybox'])
    expect(listed).toContain(part);
  // Ubuntu's own busybox counts.
  expect(rig.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))).toEqual([
    expect.stringContaining('/etc/netplan/50-cloud-init.yaml would take the boot NIC'),
  ]);
});

it('has its boot NIC left alone by what netplan generates, with either renderer', async () => {
  const generate =
    'netplan generate 2>/dev/null; cd /run/systemd/network && for each in /etc/systemd/network/*; do';
  const order = await lines(
    `${generate} ln -s $each; done; for each in $(LC_ALL=C ls *.network); do echo $each $(grep -c ^KeepConfiguration=yes $each); done`,
  );
  // The first that matches is taken, systemd.network(5).
  expect(order[0]).toBe('00-boot-nic.network 1');
  expect(order).toContain('10-netplan-all-en.network 0');
  // NetworkManager has a profile for it, and may not use it.
  const manager = await lines(
    'netplan generate 2>/dev/null; ls /run/NetworkManager/system-connections; NetworkManager --print-config | grep unmanaged',
  );
  expect(manager[0]).toBe('netplan-desk.nmconnection');
  expect(manager.at(-1)).toBe('unmanaged-devices=type:ethernet');
});

/**
 * An image as Raspberry Pi OS comes: its table, labels, names of files, first boot and account, on a system of Debian packages. The image
 * itself cannot be had where the tests run.
 */
import { cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256File } from '../../artifacts/formats/file-digest.js';
import type { Release } from '../../artifacts/release/release.js';
import { lunImageOf } from '../../artifacts/release/roles.js';
import { openSource } from '../../stages/import/source.js';
import { rootTree } from '../../stages/rootfs/tree.js';
import { ask, ports, run } from '../artifacts/formats/tools.js';
import { makeImage } from '../stages/import/stand-in.js';

export interface PiOsImage {
  readonly path: string;
  readonly sha256: string;
}

/** What our own steps put into the release that the system is taken from. */
const OURS = [
  ...['vmlinuz', 'initrd.img'],
  'etc/iscsi/iscsi.initramfs',
  'etc/iscsi/initiatorname.iscsi',
  'etc/systemd/system/iscsid.service.d',
  'etc/udev/rules.d/71-iscsi-disks.rules',
  'etc/network/interfaces',
  'etc/systemd/system.conf.d',
];

const FILES: Readonly<Record<string, string>> = {
  'etc/fstab':
    'proc /proc proc defaults 0 0\nPARTUUID=1a2b3c4d-01 /boot/firmware vfat defaults 0 2\nPARTUUID=1a2b3c4d-02 / ext4 defaults,noatime 0 1\n',
  'etc/init.d/resize2fs_once': '#!/bin/sh\nresize2fs /dev/mmcblk0p2\n',
  // The wizard: until somebody has answered on the screen, nobody may log in.
  'usr/lib/systemd/system/userconfig.service':
    '[Unit]\nBefore=systemd-user-sessions.service\n[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart=/bin/sleep infinity\n',
  'usr/lib/systemd/system/dphys-swapfile.service':
    '[Service]\nType=oneshot\nExecStart=/bin/sh -c "exec fallocate -l 100M /var/swap"\n',
  'usr/lib/systemd/system/ssh.service':
    '[Service]\nType=oneshot\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n',
};
const WANTED = ['userconfig.service', 'dphys-swapfile.service'];

const CONFIG = `dtparam=audio=on
camera_auto_detect=1
auto_initramfs=1
disable_fw_kms_setup=1
arm_64bit=1
disable_overscan=1
arm_boost=1

[cm4]
otg_mode=1

[all]
`;
const COMMAND_LINE =
  'console=serial0,115200 console=tty1 root=PARTUUID=1a2b3c4d-02 rootfstype=ext4 fsck.repair=yes rootwait quiet init=/usr/lib/raspberrypi-sys-mods/firstboot\n';

/** Needs root. @param release for Raspberry Pis @param folder an empty one */
export async function makePiOsImage(release: Release, folder: string): Promise<PiOsImage> {
  const [system, firmware] = [join(folder, 'system'), join(folder, 'firmware')];
  await mkdir(system);
  await extract(join(release.path, lunImageOf(release.manifest)), system, join(folder, 'scratch'));
  for (const path of OURS) await rm(join(system, path), { recursive: true, force: true });
  await rename(join(system, 'boot/firmware'), firmware);
  await mkdir(join(system, 'boot/firmware'));
  await asRaspberryPiNamesThem(system, firmware);
  const tree = rootTree(system);
  for (const [path, text] of Object.entries(FILES)) await tree.write(`/${path}`, text);
  const wants = join(system, 'etc/systemd/system/multi-user.target.wants');
  for (const unit of WANTED) await symlink(`/usr/lib/systemd/system/${unit}`, join(wants, unit));
  await addAccount(system);
  const image = join(folder, 'raspios.img');
  await makeImage(image, system, firmware, { firmware: 256, root: 1600 });
  await run(['xz', '-0', '--threads=0', image], { doing: 'wrap the image' });
  for (const made of [system, firmware]) await rm(made, { recursive: true });
  return { path: `${image}.xz`, sha256: await sha256File(`${image}.xz`) };
}

async function extract(image: string, system: string, scratch: string): Promise<void> {
  const wishes = { path: image, sha256: await sha256File(image), partition: undefined, exclude: [] };
  await using source = await openSource(wishes, scratch, ports);
  await source.extract({
    rootfs: system,
    scratch,
    run,
    bootstrap: (argv, options) => run(argv, options),
    warn: () => undefined,
    progress: () => undefined,
  });
}

/** Kernel and initramfs by the names that the firmware looks for by itself; device trees named after its chips. */
async function asRaspberryPiNamesThem(system: string, firmware: string): Promise<void> {
  await rename(join(firmware, 'vmlinuz'), join(firmware, 'kernel8.img'));
  await rename(join(firmware, 'initrd.img'), join(firmware, 'initramfs8'));
  const trees = (await ask('find', join(system, 'usr/lib'), '-name', 'bcm2837-rpi-3-b*.dtb'))
    .trim()
    .split('\n');
  for (const path of trees) await cp(path, path.replace('bcm2837', 'bcm2710'));
  for (const name of await readdir(firmware)) {
    if (name.startsWith('bcm2837'))
      await rename(join(firmware, name), join(firmware, basename(name).replace('bcm2837', 'bcm2710')));
  }
  await writeFile(join(firmware, 'config.txt'), CONFIG);
  await writeFile(join(firmware, 'cmdline.txt'), COMMAND_LINE);
}

async function addAccount(system: string): Promise<void> {
  const doing = 'add the account of Raspberry Pi OS';
  const append = (path: string, line: string) =>
    writeFile(join(system, 'etc', path), `${line}\n`, { flag: 'a' });
  await append('passwd', 'pi:x:1000:1000:,,,:/home/pi:/bin/bash');
  await append('shadow', 'pi:*:19000:0:99999:7:::');
  await append('group', 'pi:x:1000:');
  await append('gshadow', 'pi:!::');
  await mkdir(join(system, 'home/pi'), { mode: 0o700 });
  await run(['chown', '1000:1000', join(system, 'home/pi')], { doing });
}

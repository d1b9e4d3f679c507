/**
 * A CD from which a BIOS starts a Linux that tells on its serial port what it finds in the iBFT. It is the kernel of a release with that
 * release's initramfs, in which another program runs first.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { writeCpio } from '../../../artifacts/formats/cpio.js';
import { writeDisc } from './medium.js';

/** Kernel documentation, ABI/testing/sysfs-ibft; a secret is not shown. */
const INIT = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /proc /sys
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
exec >/dev/ttyS0 2>&1
modprobe iscsi_ibft
for each in /sys/firmware/ibft/initiator /sys/firmware/ibft/target*; do
  for name in initiator-name target-name chap-name; do
    if [ -e $each/$name ]; then echo "linux: \${each##*/} $name $(cat $each/$name)"; fi
  done
done
echo 'linux: done'
while :; do sleep 3600; done
`;
const EARLY = `search.file /vmlinuz root
linux /vmlinuz console=ttyS0,115200 quiet
initrd /initrd.img /more.img
boot
`;
const OWNED = { mode: 0o755, uid: 0, gid: 0 };

/** @param release folder of a release of Debian whose system finds its target in the iBFT. @returns path of the disc */
export async function writeLinuxDisc(folder: string, release: string): Promise<string> {
  await mkdir(folder);
  const early = join(folder, 'early.cfg');
  await writeFile(early, EARLY);
  const grub = join(folder, 'grub.img');
  const how = ['--format', 'i386-pc-eltorito', '--output', grub, '--prefix', '/', '--config', early];
  await execa('grub-mkimage', [...how, 'biosdisk', 'iso9660', 'search_fs_file', 'linux']);
  const file = (name: string) => ({ file: join(release, name) });
  const files = {
    ...{ vmlinuz: file('vmlinuz'), 'initrd.img': file('initrd.img') },
    'more.img': writeCpio([{ type: 'file', path: 'init', ...OWNED, content: Buffer.from(INIT) }]),
    'grub.img': { file: grub },
  };
  const boot = ['-b', 'grub.img', '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table'];
  return writeDisc(folder, files, ['-R', ...boot]);
}

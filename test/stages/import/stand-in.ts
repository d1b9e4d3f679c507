/** A small system as an image would hold it, with one of everything that a file can be. */
import { chmod, link, lutimes, mkdir, open, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fatFilesUnder, writeFat } from '../../../artifacts/formats/fat.js';
import { smallestProgram } from '../../../pipeline/sandbox/foreign-elf.js';
import type { Architecture } from '../../../pipeline/stage.js';
import { run } from '../../artifacts/formats/tools.js';

const STATUS = `Package: base-files
Status: install ok installed
Architecture: amd64
Version: 12.4
Description: stands in

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
Description: was removed
`;

/** Needs root: owners, devices and capabilities are real. */
export async function makeSystem(folder: string, architecture: Architecture): Promise<void> {
  const at = (path: string) => join(folder, path);
  for (const path of ['etc', 'usr/bin', 'usr/lib', 'var/lib/dpkg', 'boot/firmware', 'dev', 'home/pi']) {
    await mkdir(at(path), { recursive: true });
  }
  await symlink('usr/bin', at('bin'));
  await writeFile(at('usr/bin/dash'), smallestProgram(architecture));
  await chmod(at('usr/bin/dash'), 0o755);
  await symlink('dash', at('usr/bin/sh'));
  await writeFile(at('usr/lib/os-release'), 'PRETTY_NAME="Stand-in 12"\nID=raspbian\nID_LIKE="debian"\n');
  await symlink('../usr/lib/os-release', at('etc/os-release'));
  await writeFile(at('var/lib/dpkg/status'), STATUS);
  await writeFile(
    at('etc/fstab'),
    'PARTUUID=1a2b3c4d-01 /boot/firmware vfat defaults 0 2\nPARTUUID=1a2b3c4d-02 / ext4 defaults,noatime 0 1\n',
  );
  await writeFile(at('usr/bin/set-user-id'), 'x');
  await chmod(at('usr/bin/set-user-id'), 0o4755);
  await run(['setcap', 'cap_net_raw+ep', at('usr/bin/dash')], { doing: 'set a capability' });
  await writeFile(at('home/pi/first'), 'one file with three names');
  await link(at('home/pi/first'), at('home/pi/second'));
  await link(at('home/pi/first'), at('etc/third'));
  await run(['chown', '--recursive', '1000:1001', at('home/pi')], { doing: 'give it away' });
  await run(['setfattr', '--name=user.note', '--value=kept\nwhole', at('home/pi/first')], { doing: 'note' });
  await writeFile(at(`home/pi/${'long-'.repeat(30)}name ä`), '');
  await symlink(`${'far/'.repeat(40)}away`, at('home/pi/link'));
  await lutimes(at('home/pi/link'), 1_600_000_000, 1_600_000_000);
  const sparse = await open(at('home/pi/sparse'), 'w');
  await sparse.write('begins', 0);
  await sparse.write('middle', 9 << 20);
  await sparse.truncate(32 << 20);
  await sparse.close();
  await writeFile(at('home/pi/large'), Buffer.alloc((5 << 20) + 17, 'large'));
  await run(['mkfifo', at('home/pi/fifo')], { doing: 'make a fifo' });
  await run(['mknod', at('dev/console'), 'c', '5', '1'], { doing: 'make a device' });
  await run(['mknod', at('home/pi/null'), 'c', '1', '3'], { doing: 'make a device' });
  await chmod(at('home/pi'), 0o2750);
  await run(['touch', '--date=2021-02-03T04:05:06.123456789Z', at('home/pi'), at('home/pi/large')], {
    doing: 'set times',
  });
  await utimes(at('etc'), 1_600_000_000, 1_600_000_000);
}

/** MiB of the partitions of {@link makeImage}. */
const SMALL = { firmware: 16, root: 72 };
const FIRMWARE_LBA = 8192;
const rootLba = (firmware: number) => FIRMWARE_LBA + firmware * 2048;
export const ROOT_AT = rootLba(SMALL.firmware) * 512;

/** A disk as Raspberry Pi OS has it: an MBR with a FAT partition and an ext4. @param mib sizes of the two; 96 MiB in all by default */
export async function makeImage(path: string, system: string, firmware: string, mib = SMALL): Promise<void> {
  const doing = 'make a disk image';
  const lba = rootLba(mib.firmware);
  // Some MiB before the partitions, and some behind them.
  await run(['truncate', `--size=${4 + mib.firmware + mib.root + 4}M`, path], { doing });
  await run(['sfdisk', '--quiet', path], {
    doing,
    input: `label: dos\nlabel-id: 0x1a2b3c4d\nstart=${FIRMWARE_LBA}, size=${mib.firmware * 2048}, type=c\nstart=${lba}, type=83\n`,
  });
  await writeFat(run, path, {
    offset: FIRMWARE_LBA * 512,
    bytes: mib.firmware * 2 ** 20,
    file: `${path}.fat`,
    label: 'bootfs',
    volumeId: '12AB-34CD',
    epoch: 1_600_000_000,
    files: await fatFilesUnder(firmware),
  });
  await makeRoot(path, system, { offset: lba * 512, mib: mib.root });
}

async function makeRoot(
  image: string,
  system: string,
  { offset, mib }: { readonly offset: number; readonly mib: number },
): Promise<void> {
  const features = 'has_journal,ext_attr,dir_index,filetype,extent,64bit,flex_bg,large_file,metadata_csum';
  const shape = ['-t', 'ext4', '-b', '4096', '-I', '256', '-O', features, '-E', `offset=${offset}`] as const;
  await run(['mke2fs', '-q', '-F', ...shape, '-d', system, image, `${mib}M`], { doing: 'make the root' });
}

/**
 * A LUN that is larger than its image is made whole before anybody boots from it: partition table, partition, file system.
 * All of it works on a file or a block device as it stands, without loop devices, mounts or partition nodes, and nothing is
 * read or written but what changes.
 */
import type { Ports } from '../../../pipeline/ports.js';
import { MIB, SECTOR } from '../../formats/disk-layout.js';
import { swapHeader } from '../../formats/swap.js';
import type { Manifest } from '../../release/manifest.js';
import { markInodeTables } from './inode-tables.js';

type Disk = Manifest['disk'];
type Partition = Disk['partitions'][number];

/** Partitions end one MiB before the end of a GPT disk, whose last 33 sectors hold the backup (UEFI 2.10, 5.3). */
const TAIL = { gpt: MIB, mbr: 0 } as const;
const BACKUP_SECTORS = 33;
/** An MBR entry counts sectors in 32 bits. */
export const MBR_MOST_BYTES = 0xffffffff * SECTOR;

/** The last partition as it is on a disk of `bytes` bytes: longer when it is the one that grows. */
export function lastPartition(disk: Disk, bytes: number): Partition | undefined {
  const last = disk.partitions.toSorted((a, b) => a.firstLba - b.firstLba).at(-1);
  if (!last?.grow) return last;
  const end = Math.floor((bytes - TAIL[disk.table]) / MIB) * MIB;
  return { ...last, sectors: end / SECTOR - last.firstLba };
}

/**
 * Lets the disk at `path`, whose device or file already has `bytes` bytes, fill them. Identities and content stay.
 * sfdisk(8) writes both headers of a GPT at their places whenever it writes one entry, and leaves boot code and active
 * flag alone; e2fsprogs take a file system inside a disk as `FILE?offset=BYTES`.
 * @throws Failure of kind `tool`, `host` or `space` from the host's tools
 */
export async function growDisk(run: Ports['run'], path: string, disk: Disk, bytes: number): Promise<void> {
  const last = lastPartition(disk, bytes);
  if (last === undefined || (disk.table === 'mbr' && !last.grow)) return;
  const quietly = ['--quiet', '--no-reread', '--no-tell-kernel'];
  const never = ['--wipe', 'never', '--wipe-partitions', 'never'];
  await run(['sfdisk', ...quietly, ...never, '-N', String(last.number), path], {
    doing: `enlarge the partition table of ${path}`,
    input: `start=${last.firstLba}, size=${last.sectors}\n`,
  });
  if (disk.table === 'gpt') await clearOldBackup(run, path, disk.bytes);
  if (last.grow) await growContent(run, path, last);
}

/** The space of the old backup is the file system's now, which counts on zeros. */
async function clearOldBackup(run: Ports['run'], path: string, oldBytes: number): Promise<void> {
  const seek = oldBytes / SECTOR - BACKUP_SECTORS;
  const place = [`bs=${SECTOR}`, `seek=${seek}`, `count=${BACKUP_SECTORS}`, 'conv=notrunc'];
  await run(['dd', 'if=/dev/zero', `of=${path}`, ...place], {
    doing: `clear the old end of the partition table of ${path}`,
    quiet: true,
  });
}

async function growContent(run: Ports['run'], path: string, partition: Partition): Promise<void> {
  const { filesystem, filesystemUuid, sectors } = partition;
  const offset = partition.firstLba * SECTOR;
  if (filesystem === 'ext4') {
    const place = `${path}?offset=${offset}`;
    await run(['resize2fs', place, `${sectors}s`], { doing: `enlarge the file system in ${path}` });
    await markInodeTables(run, place);
  }
  if (filesystem === 'swap' && filesystemUuid !== undefined) {
    const header = swapHeader(sectors * SECTOR, filesystemUuid);
    const place = [`bs=${header.length}`, `seek=${offset / header.length}`, 'count=1', 'conv=notrunc'];
    await run(['dd', `of=${path}`, 'iflag=fullblock', ...place], {
      doing: `enlarge the swap area in ${path}`,
      input: header,
      quiet: true,
    });
  }
}

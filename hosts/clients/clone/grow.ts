/**
 * A LUN that is larger than its image is made whole before a client boots from it: partition table, partition, file system.
 * All of it works on a file or a block device as it stands, without loop devices, mounts or partition nodes, and nothing is
 * read or written but what changes.
 */

import { MIB, SECTOR } from '../../../artifacts/formats/disk-layout.js';
import { swapHeader } from '../../../artifacts/formats/swap.js';
import type { Manifest } from '../../../artifacts/release/manifest.js';
import type { Ports } from '../../../base/ports.js';
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
 * Lets the block device at `path`, which has `bytes` bytes already, be filled by the disk on it. Identities and content stay.
 * e2fsprogs take a file system inside a disk as `FILE?offset=BYTES`.
 * @throws Failure of kind `tool`, `host` or `space` from the host's tools
 */
export async function growDevice(run: Ports['run'], path: string, disk: Disk, bytes: number): Promise<void> {
  const last = lastPartition(disk, bytes);
  if (last === undefined) return;
  await clearBackup(run, path, disk);
  if (last.grow && last.filesystem === 'ext4') await resize(run, path, last);
  await finish(run, path, disk, last);
}

/**
 * The same for a file, which has the size of the image still. resize2fs(8) 1.47 cuts a file that is longer than the file
 * system to that length, as if there were no offset; so the file is just that long meanwhile, which it makes longer as it
 * writes. Where that would cut the image itself, the file system is enlarged as a file of its own.
 * @param aside path of a file that is made, and removed again
 */
export async function growFile(
  run: Ports['run'],
  path: string,
  { disk, bytes, aside }: { readonly disk: Disk; readonly bytes: number; readonly aside: string },
): Promise<void> {
  const last = lastPartition(disk, bytes);
  const truncate = (size: number, file = path) =>
    run(['truncate', '-s', String(size), file], { doing: `set the size of ${file}` });
  if (last !== undefined) await clearBackup(run, path, disk);
  if (last?.grow && last.filesystem === 'ext4') {
    const length = last.sectors * SECTOR;
    if (length >= disk.bytes) {
      await truncate(length);
      await resize(run, path, last);
    } else {
      const offset = last.firstLba * SECTOR;
      const how = (...flags: string[]) => ['bs=64K', ...flags, 'conv=notrunc,sparse'];
      await run(['dd', `if=${path}`, `of=${aside}`, ...how('iflag=skip_bytes', `skip=${offset}`)], {
        doing: `take the file system out of ${path}`,
        quiet: true,
      });
      await truncate(length, aside);
      await run(['resize2fs', aside, `${last.sectors}s`], { doing: `enlarge the file system of ${path}` });
      // What is not written below is a hole: zeros.
      await truncate(offset);
      await truncate(bytes);
      await run(['dd', `if=${aside}`, `of=${path}`, ...how('oflag=seek_bytes', `seek=${offset}`)], {
        doing: `put the file system back into ${path}`,
        quiet: true,
      });
      await run(['rm', '-f', aside], { doing: `remove ${aside}` });
    }
  }
  await truncate(bytes);
  if (last !== undefined) await finish(run, path, disk, last);
}

async function resize(run: Ports['run'], path: string, partition: Partition): Promise<void> {
  await run(['resize2fs', fileSystem(path, partition), `${partition.sectors}s`], {
    doing: `enlarge the file system in ${path}`,
  });
}

function fileSystem(path: string, { firstLba }: Partition): string {
  return `${path}?offset=${firstLba * SECTOR}`;
}

/**
 * The partition table, and what follows from the length of the last partition. sfdisk(8) writes both headers of a GPT at
 * their places whenever it writes one entry, and leaves boot code and active flag alone.
 */
async function finish(run: Ports['run'], path: string, disk: Disk, last: Partition): Promise<void> {
  if (disk.table === 'gpt' || last.grow) {
    const quietly = ['--quiet', '--no-reread', '--no-tell-kernel'];
    const never = ['--wipe', 'never', '--wipe-partitions', 'never'];
    await run(['sfdisk', ...quietly, ...never, '-N', String(last.number), path], {
      doing: `enlarge the partition table of ${path}`,
      input: `start=${last.firstLba}, size=${last.sectors}\n`,
    });
  }
  if (!last.grow) return;
  if (last.filesystem === 'ext4') await markInodeTables(run, fileSystem(path, last));
  if (last.filesystem === 'swap') await enlargeSwap(run, path, last);
}

/** The place of the old backup may be the file system's now, which counts on zeros. */
async function clearBackup(run: Ports['run'], path: string, { table, bytes }: Disk): Promise<void> {
  if (table !== 'gpt') return;
  const place = [`bs=${SECTOR}`, `seek=${bytes / SECTOR - BACKUP_SECTORS}`, `count=${BACKUP_SECTORS}`];
  await run(['dd', 'if=/dev/zero', `of=${path}`, ...place, 'conv=notrunc'], {
    doing: `clear the old end of the partition table of ${path}`,
    quiet: true,
  });
}

async function enlargeSwap(run: Ports['run'], path: string, partition: Partition): Promise<void> {
  const { firstLba, sectors, filesystemUuid } = partition;
  if (filesystemUuid === undefined) return;
  const header = swapHeader(sectors * SECTOR, filesystemUuid);
  const place = [`bs=${header.length}`, `seek=${(firstLba * SECTOR) / header.length}`, 'count=1'];
  await run(['dd', `of=${path}`, 'iflag=fullblock', ...place, 'conv=notrunc'], {
    doing: `enlarge the swap area in ${path}`,
    input: header,
    quiet: true,
  });
}

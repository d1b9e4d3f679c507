/** What a recipe asks of a disk, normalised: the common words of layout, fstab, boot loader and manifest. */

export type PartitionType = 'bios-boot' | 'esp' | 'swap' | 'linux' | 'fat';

/** `rest`: all that is left of the disk. `grow`: as `rest`, and the partition that is enlarged on a larger LUN;
 * without a disk size it is made as small as its content allows. */
export type PartitionSize = { readonly bytes: number } | 'rest' | 'grow';

export interface PartitionSpec {
  /** Unique in the disk; also the GPT partition name. */
  readonly name: string;
  readonly type: PartitionType;
  readonly size: PartitionSize;
  readonly filesystem?: 'ext4' | 'btrfs' | 'vfat' | 'swap';
  /** Where it is mounted in the booted system: `/`, `/boot/efi`, … */
  readonly mount?: string;
  /** Marked as the one that is booted; of a GPT, by the attribute for BIOSes. Default: in an MBR the one that is mounted on `/`, in a GPT none. */
  readonly active?: boolean;
  /** GPT unique partition GUID, lower case. */
  readonly guid: string;
  /** UUID of the file system or swap area: RFC 9562 lower case; for vfat `XXXX-XXXX` upper case. */
  readonly filesystemUuid?: string;
}

export interface DiskSpec {
  readonly table: 'gpt' | 'mbr';
  /** Bytes, a multiple of 1 MiB; absent when the `grow` partition decides. */
  readonly bytes?: number;
  /** GPT disk GUID; for MBR its first 8 hex digits are the disk signature. */
  readonly guid: string;
  readonly partitions: readonly PartitionSpec[];
  /** What is written lies over a root that is mounted read-only: `tmpfs`, in memory until the machine is switched off. Absent: on the disk. */
  readonly overlay?: Overlay;
}

export const OVERLAYS = ['tmpfs'] as const;
export type Overlay = (typeof OVERLAYS)[number];

/** Where a file system of its own may hold kernel and initramfs. */
const BOOT = '/boot';

/** The partition from which a boot loader that reads Linux file systems takes kernel and initramfs: that of `/boot`, else the root. */
export function bootPartition<Partition extends { readonly mount?: string | undefined }>(
  partitions: readonly Partition[],
): Partition | undefined {
  return partitions.find(({ mount }) => mount === BOOT) ?? partitions.find(({ mount }) => mount === '/');
}

/** Whether kernel and initramfs are not in the root file system. */
export function hasOwnBoot({ partitions }: Pick<DiskSpec, 'partitions'>): boolean {
  return bootPartition(partitions)?.mount === BOOT;
}

/** A path of the booted system as the file system of {@link bootPartition} has it. */
export function pathOnBoot(disk: Pick<DiskSpec, 'partitions'>, path: string): string {
  return hasOwnBoot(disk) && path.startsWith(`${BOOT}/`) ? path.slice(BOOT.length) : path;
}

import type { DiskSpec, PartitionSpec } from '../../../artifacts/formats/disk-spec.js';

const MIB = 1024 * 1024;
const guid = (digit: number) => `${String(digit).repeat(8)}-1111-4111-8111-111111111111`;

export const bios: PartitionSpec = {
  name: 'bios',
  type: 'bios-boot',
  size: { bytes: 3 * MIB },
  guid: guid(1),
};
export const esp: PartitionSpec = {
  name: 'esp',
  type: 'esp',
  size: { bytes: 64 * MIB },
  filesystem: 'vfat',
  mount: '/boot/efi',
  guid: guid(2),
  filesystemUuid: '2222-AAAA',
};
export const swap: PartitionSpec = {
  name: 'swap',
  type: 'swap',
  size: { bytes: 512 * MIB },
  filesystem: 'swap',
  guid: guid(3),
  filesystemUuid: '33333333-4444-4555-8666-777777777777',
};
export const root: PartitionSpec = {
  name: 'root',
  type: 'linux',
  size: 'rest',
  filesystem: 'ext4',
  mount: '/',
  guid: guid(4),
  filesystemUuid: '44444444-5555-4666-8777-888888888888',
};

/** The layout of a disk that boots by BIOS and by UEFI. */
export const GPT_DISK = {
  table: 'gpt',
  bytes: 4096 * MIB,
  guid: guid(9),
  partitions: [bios, esp, swap, root],
} as const satisfies DiskSpec;

export const MBR_DISK = {
  table: 'mbr',
  bytes: 2048 * MIB,
  guid: '1A2B3C4D-1111-4111-8111-111111111111',
  partitions: [esp, swap, root],
} as const satisfies DiskSpec;

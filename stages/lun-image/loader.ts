/** What a recipe's boot loader asks of its disk, and what it is good for. */
import { bootPartition, type PartitionSpec } from '../../artifacts/formats/disk-spec.js';
import { DEFAULT_LOADER, LOADER_FIRMWARE } from '../../artifacts/platform/loader.js';
import { architectureFacts, PC, PC_FIRMWARE, type PcFirmware } from '../../artifacts/platform/pc.js';
import type { BootWay } from '../../artifacts/platform/platform.js';
import type { RecipeFacts } from '../../pipeline/stage.js';

type Facts = Pick<RecipeFacts, 'disk' | 'architecture' | 'loader'>;

/** Names of the FAT file systems that hold the loader's own files, and for some loaders kernel and initramfs. */
export function loaderFats({ disk, loader }: Pick<RecipeFacts, 'disk' | 'loader'>): readonly string[] {
  const { name } = loader ?? DEFAULT_LOADER;
  if (name === 'syslinux') return firstFat(disk.partitions).map((partition) => partition.name);
  if (name !== 'grub' && name !== 'systemd-boot') return [];
  return disk.partitions.filter(({ type }) => type === 'esp').map((partition) => partition.name);
}

function firstFat(partitions: readonly PartitionSpec[]): PartitionSpec[] {
  return partitions.filter(({ filesystem }) => filesystem === 'vfat').slice(0, 1);
}

/** File systems that are made anew whenever a boot loader is: all ESPs, and the loader's own FAT. */
export function remadeFats(recipe: Pick<RecipeFacts, 'disk' | 'loader'>): ReadonlySet<string> {
  const esps = recipe.disk.partitions.filter(({ type }) => type === 'esp').map(({ name }) => name);
  return new Set([...esps, ...loaderFats(recipe)]);
}

/** The partition whose boot sector the code in sector 0 starts; undefined where that code is another's. */
export function activePartition({ disk, loader }: Pick<RecipeFacts, 'disk' | 'loader'>): string | undefined {
  switch (loader?.name) {
    case 'extlinux':
      return bootPartition(disk.partitions)?.name;
    case 'syslinux':
      return firstFat(disk.partitions)[0]?.name;
    default:
      return undefined;
  }
}

/** The firmware that starts the loader: those that it is for, as far as the disk has room for it. */
export function startedBy({ disk, architecture, loader }: Facts): PcFirmware[] {
  const { name } = loader ?? DEFAULT_LOADER;
  const has = (type: PartitionSpec['type']) => disk.partitions.some((partition) => partition.type === type);
  const bios =
    has('bios-boot') || (disk.table === 'mbr' && architectureFacts(architecture).biosGrub !== undefined);
  const room: Readonly<Record<PcFirmware, boolean>> =
    name === 'grub' ? { bios, uefi: has('esp') } : { bios: true, uefi: true };
  return LOADER_FIRMWARE[name].filter((firmware) => room[firmware]);
}

/** The firmware whose machines the release is for. */
export function wantedFirmware({ loader }: Pick<RecipeFacts, 'loader'>): readonly PcFirmware[] {
  const { name, firmware } = loader ?? DEFAULT_LOADER;
  if (firmware !== undefined) return PC_FIRMWARE.filter((each) => firmware.includes(each));
  return name === 'none' ? PC_FIRMWARE : LOADER_FIRMWARE[name];
}

/** By which ways machines boot a release of this recipe: as a disk where its loader starts, and by iPXE's own. */
export function bootWays(recipe: Facts): BootWay[] {
  const wanted = wantedFirmware(recipe);
  const started = startedBy(recipe);
  return PC.matrix.methods
    .map((method) => ({
      method,
      firmware: method === 'san' ? wanted.filter((each) => started.includes(each)) : wanted,
    }))
    .filter(({ firmware }) => firmware.length > 0);
}

/**
 * The image of a USB stick, nothing mounted: an MBR and one active FAT partition, which a BIOS starts by SYSLINUX and a UEFI by its removable
 * path. Called for sticks of clients.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { MIB } from '../../base/size.js';
import { recipeFatId, recipeUuid } from '../../base/uuid.js';
import { planLayout } from './disk-layout.js';
import { type FatFile, makeFat, smallestFat } from './fat.js';
import { writePartitionTable } from './partition-table.js';
import { copyInto, createSparse, writeAt } from './sparse.js';
import { installSyslinux, readBootCode } from './syslinux/install.js';

/** Room for SYSLINUX, and no less than what is FAT32 for certain: the type in the table says so. */
const LEAST_BYTES = 64 * MIB;
const SYSLINUX_BYTES = 256 * 1024;
const LABEL = 'LUNSMITH';
/** Names what is on the stick. */
const NAME = 'stick';

/** Volume id of the FAT file system, `XXXX-XXXX`, by which a loader on it finds it. @param name whose stick it is */
export function stickVolumeId(name: string): string {
  return recipeFatId(`${NAME} ${name}`, NAME);
}

export interface StickRequest {
  /** Path of the image, which is made. */
  readonly image: string;
  /** Whose stick it is: its ids follow from that. */
  readonly name: string;
  readonly files: readonly FatFile[];
  /** Whether a BIOS shall start it: by SYSLINUX, and `syslinux.cfg` among the files. */
  readonly syslinux: boolean;
  /** Seconds since 1970. */
  readonly epoch: number;
  /** A private folder. */
  readonly scratch: string;
}

/** The same request gives the same bytes. @returns bytes of the image @throws Failure from the tools */
export async function writeStick(run: Ports['run'], request: StickRequest): Promise<number> {
  const { image, name, files, syslinux, epoch, scratch } = request;
  const sizes = await Promise.all(files.map(async ({ source }) => (await stat(source)).size));
  const volumeId = stickVolumeId(name);
  const id = (what: string) => recipeUuid(`${NAME} ${name}`, what);
  const partition = {
    ...({ name: NAME, type: 'fat', size: 'grow', filesystem: 'vfat', filesystemUuid: volumeId } as const),
    ...{ active: true, guid: id('partition') },
  };
  const layout = planLayout(
    { table: 'mbr', guid: id('disk'), partitions: [partition] },
    Math.max(LEAST_BYTES, smallestFat([...sizes, SYSLINUX_BYTES])),
  );
  await createSparse(image, layout.bytes);
  await writePartitionTable(run, image, layout);
  for (const { offset, bytes } of layout.partitions) {
    const file = join(scratch, 'stick.fat');
    await makeFat(run, { offset, bytes, file, label: LABEL, volumeId, epoch, files });
    if (syslinux) await installSyslinux(run, { file, directory: '/', epoch });
    await copyInto(file, image, offset);
  }
  if (syslinux) await writeAt(image, 0, await readBootCode('mbr'));
  return layout.bytes;
}

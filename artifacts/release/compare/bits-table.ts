/** What the parts of a disk outside its partitions are for. Facts: UEFI 2.10 chapter 5, GNU GRUB manual (BIOS installation). */
import { SECTOR } from '../../formats/disk-layout.js';
import type { Manifest } from '../manifest.js';

/** Sectors of the entries of a GPT, and of its copy at the disk's end. */
const ENTRIES = 32;
const BOOT_CODE = 440;
const SIGNATURE = 446;

/** @param at bytes from the disk's start, of a byte that lies in no partition */
export function tablePart({ table, bytes, partitions }: Manifest['disk'], at: number): string {
  if (at < BOOT_CODE) return 'boot code of the master boot record';
  if (at < SIGNATURE) return 'disk signature';
  const sector = Math.floor(at / SECTOR);
  if (sector === 0)
    return table === 'gpt' ? 'protective partition of the master boot record' : 'partition table';
  if (table === 'gpt') {
    const last = bytes / SECTOR - 1;
    if (sector === 1) return 'GPT header';
    if (sector < 2 + ENTRIES) return 'GPT entries';
    if (sector === last) return 'copy of the GPT header';
    if (sector >= last - ENTRIES && sector < last) return 'copy of the GPT entries';
  }
  const next = [...partitions]
    .sort((a, b) => a.firstLba - b.firstLba)
    .find(({ firstLba }) => firstLba > sector);
  return next === undefined
    ? 'gap after the last partition'
    : `gap before partition ${next.number} (${next.name})`;
}

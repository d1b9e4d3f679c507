/**
 * A swap area's header, as mkswap(8) writes it and the kernel reads it (include/linux/swap.h, `union swap_header`).
 * Written here because mkswap of Debian 12 knows no offset.
 */
import { Failure } from '../../base/failure.js';
import { MIB } from './disk-layout.js';
import { writeAt } from './sparse.js';
import { uuidBytes } from './uuid.js';

/** The page size of the machines that boot from it. */
const PAGE = 4096;
const SIGNATURE = 'SWAPSPACE2';
const VERSION = 1;
/** The kernel refuses areas under ten pages. */
const LEAST_PAGES = 10;

/**
 * The first page of a swap area of `bytes` bytes.
 * @throws Failure of kind `recipe` when the area is too small or longer than its 32-bit page count.
 */
export function swapHeader(bytes: number, uuid: string): Buffer {
  const pages = Math.floor(bytes / PAGE);
  if (pages < LEAST_PAGES || pages - 1 > 0xffffffff) {
    throw new Failure('recipe', {
      what: 'The swap partition has a size that no swap area can have.',
      expected: `${LEAST_PAGES * PAGE} bytes to 16 TiB`,
      found: bytes < MIB ? `${bytes} bytes` : `${Math.floor(bytes / MIB)} MiB`,
    });
  }
  const page = Buffer.alloc(PAGE);
  // The first 1024 bytes are left for a boot loader; then version, last page, count of bad pages, UUID, label.
  page.writeUInt32LE(VERSION, 1024);
  page.writeUInt32LE(pages - 1, 1028);
  page.writeUInt32LE(0, 1032);
  uuidBytes(uuid).copy(page, 1036);
  page.write(SIGNATURE, PAGE - SIGNATURE.length, 'latin1');
  return page;
}

/** Makes `bytes` bytes at `offset` of an image a swap area; the rest of it stays a hole. */
export async function writeSwap(image: string, offset: number, bytes: number, uuid: string): Promise<void> {
  await writeAt(image, offset, swapHeader(bytes, uuid));
}

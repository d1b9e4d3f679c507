/** How the content of a disk goes over the wire: a frame for each run of bytes, in order. */

/** No run is longer, bytes. */
export const MOST_RUN = 1 << 20;
/** A frame's offset (two halves of 32 bits, big endian) and length; a length of zero is the end, and its offset the size of the disk. */
export const HEADER = 12;

export function frameHeader(offset: number, length: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(Math.floor(offset / 2 ** 32), 0);
  header.writeUInt32BE(offset % 2 ** 32, 4);
  header.writeUInt32BE(length, 8);
  return header;
}

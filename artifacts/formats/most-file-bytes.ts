/** Bytes of the largest file of a release: what is known of its blocks is held in memory, 64 KiB for each GiB. */
export const MOST_FILE_BYTES = 4 * 1024 ** 4;

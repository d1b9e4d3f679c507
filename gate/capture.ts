/** The packets of a machine in one file, to which each start of QEMU would begin anew. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

export interface Capture {
  /** The file that the next start of QEMU writes to. */
  next(): string;
  /** Bytes of all starts up to now; they only grow. */
  bytes(): Promise<number>;
  /** Puts the packets of a start that is over behind those of the starts before it. */
  fold(): Promise<void>;
}

/** Bytes of a pcap file before its first packet (pcap-savefile(5)). */
const PCAP_HEADER_BYTES = 24;

export function createCapture(file: string): Capture {
  let starts = 0;
  let before = 0;
  let current: string | undefined;
  return {
    next: () => {
      starts += 1;
      current = starts === 1 ? file : `${file}-${starts}`;
      return current;
    },
    bytes: async () => before + (await bytesOf(current)),
    fold: async () => {
      const over = current;
      before += await bytesOf(over);
      current = undefined;
      if (over === undefined || over === file || (await bytesOf(over)) === 0) return;
      const packets = createReadStream(over, { start: PCAP_HEADER_BYTES });
      await pipeline(packets, createWriteStream(file, { flags: 'a' }));
      await rm(over);
    },
  };
}

/** 0 for a file that is not there. */
function bytesOf(file: string | undefined): Promise<number> {
  if (file === undefined) return Promise.resolve(0);
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

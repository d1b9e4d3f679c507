/** Packages without types of their own, by which the tests judge what was written. */
import { createRequire } from 'node:module';
import type { Readable, Writable } from 'node:stream';

const require = createRequire(import.meta.url);

interface GptTable {
  readonly guid: string;
  readonly backupLBA: bigint;
  readonly partitions: readonly {
    readonly guid: string;
    readonly type: string;
    readonly name: string;
    readonly firstLBA: bigint;
    readonly lastLBA: bigint;
  }[];
  verify(): boolean;
}

/** The partition table that starts with its header in `bytes`. */
export function parseGpt(bytes: Buffer): GptTable {
  const gpt = require('gpt') as { parse(buffer: Buffer): GptTable };
  return gpt.parse(bytes);
}

interface CpioHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

interface CpioExtract extends Writable {
  on(event: 'entry', heard: (header: CpioHeader, content: Readable, next: () => void) => void): this;
  on(event: string, heard: (...values: never[]) => void): this;
}

/** cpio-stream's reader. */
export function cpioExtract(): CpioExtract {
  const { extract } = require('cpio-stream') as { extract(): CpioExtract };
  return extract();
}

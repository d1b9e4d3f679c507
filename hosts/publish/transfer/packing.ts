/** How what is sent is packed: by zstd where both sides have it, else by gzip. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';

export interface Packing {
  /** What the names of packed files end with. */
  readonly suffix: string;
  /** Command of the other side that unpacks its input. */
  readonly unpack: string;
  pack(bytes: Uint8Array, hard: boolean): Promise<Uint8Array>;
}

export const GZIP: Packing = {
  suffix: '.gz.chunk',
  unpack: 'gzip -dc',
  pack: (bytes, hard) => promisify(gzip)(bytes, { level: hard ? 9 : 5 }),
};

/** @param folder for files that are removed again */
export function zstd(folder: string, run: Ports['run']): Packing {
  let count = 0;
  return {
    suffix: '.zst.chunk',
    unpack: 'zstd -dcq',
    pack: async (bytes, hard) => {
      count += 1;
      const packed = join(folder, `packed-${count}`);
      const argv = ['zstd', '-q', '-f', hard ? '-9' : '-3', '-o', packed] as const;
      await run(argv, { doing: 'pack what is sent', input: bytes, quiet: true });
      const result = await readFile(packed);
      await rm(packed);
      return result;
    },
  };
}

/** Whether this machine has zstd. */
export async function hasZstd(run: Ports['run']): Promise<boolean> {
  try {
    await run(['zstd', '--version'], { doing: 'look for zstd', quiet: true });
    return true;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'host') return false;
    throw error;
  }
}

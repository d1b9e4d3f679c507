/** Takes the content of a file out of a UDF volume; the stage that makes an installer's LUN calls it for each file. */
import { createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readExactly } from '../sparse.js';
import type { UdfFile } from './tree.js';

/** Bytes that are read at once. */
const CHUNK = 1024 * 1024;

/** Writes a new file with the content. @param disc path of the image @throws Failure of kind `integrity` when the disc is cut off */
export async function copyUdfFile(disc: string, file: UdfFile, target: string): Promise<void> {
  const handle = await open(disc, 'r');
  try {
    const output = createWriteStream(target, { flags: 'wx', mode: 0o644 });
    await pipeline(Readable.from(contentOf(handle, file)), output);
  } finally {
    await handle.close();
  }
}

async function* contentOf(disc: FileHandle, { bytes, extents }: UdfFile): AsyncGenerator<Buffer> {
  let left = bytes;
  for (const extent of extents) {
    const end = Math.min(extent.bytes, left);
    for (let done = 0; done < end; done += CHUNK) {
      const chunk = Buffer.alloc(Math.min(CHUNK, end - done));
      if (extent.at !== undefined) await readExactly(disc, chunk, extent.at + done);
      yield chunk;
    }
    left -= end;
  }
}

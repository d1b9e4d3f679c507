/** The image file while it is written: it stays only when the work is whole. */
import { rm } from 'node:fs/promises';
import { createSparse } from '../../artifacts/formats/sparse.js';

export interface ImageFile extends AsyncDisposable {
  readonly path: string;
  /** Says that the image is whole; without it, disposing removes the file. */
  keep(): void;
}

/** Creates an image of `bytes` bytes, all of it a hole. */
export async function newImageFile(path: string, bytes: number): Promise<ImageFile> {
  let whole = false;
  await createSparse(path, bytes);
  return {
    path,
    keep: () => {
      whole = true;
    },
    [Symbol.asyncDispose]: async () => {
      if (!whole) await rm(path, { force: true });
    },
  };
}

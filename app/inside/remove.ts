/** Removes a folder inside the sandbox, where the files of all mapped users may be removed. */
import { rm } from 'node:fs/promises';

export async function inside({ folder }: { readonly folder: string }): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

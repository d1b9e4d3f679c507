/** Removes a folder inside the sandbox, where the files of all mapped users may be removed. */
import { removeTree } from '../../base/remove-tree.js';

export async function inside({ folder }: { readonly folder: string }): Promise<void> {
  await removeTree(folder);
}

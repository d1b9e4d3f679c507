/** Files that ship with lunsmith beside its code: shipped recipes, the JSON Schema, the reference pages. */
import { fileURLToPath } from 'node:url';

/** Absolute path of a file of the package, e.g. `recipes/debian-bookworm`. */
export function packageFile(path: string): string {
  // From source this file stands one folder below the package, compiled two.
  const up = import.meta.url.includes('/dist/') ? '../../' : '../';
  return fileURLToPath(new URL(up + path, import.meta.url));
}

/** Names and paths that a root tree may have and Node’s own functions cannot take. */
import { run } from '../artifacts/formats/tools.js';

/** Makes a file and a folder with a file, whose names are not UTF-8. */
export async function makeOddNames(folder: string): Promise<void> {
  const file = 'open(F, ">", $_) or die; close(F);';
  const script = `for ("caf\\xe9") { ${file} } for ("d\\xe9") { mkdir($_) or die; } for ("d\\xe9/file") { ${file} }`;
  await run(['perl', '-e', script], { doing: 'make odd names', cwd: folder });
}

/** Folders of {@link makeDeepPath}: their path has more than the 4096 bytes of PATH_MAX. */
export const DEEP_PATH: readonly string[] = Array.from({ length: 30 }, () => 'x'.repeat(200));

/** Makes the folders, and in the last a file `f`. */
export async function makeDeepPath(folder: string): Promise<void> {
  const script =
    'for (@ARGV) { mkdir($_) or die; chdir($_) or die; } open(F, ">", "f") or die; print F "deep\\n";';
  await run(['perl', '-e', script, ...DEEP_PATH], { doing: 'make a deep path', cwd: folder });
}

/** The second way in which an installer starts: WinPE by HTTP and wimboot, which the user brings, instead of from the LUN. */
import { statSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { copyUdfFile } from '../../artifacts/formats/udf-read/copy.js';
import type { UdfFile } from '../../artifacts/formats/udf-read/tree.js';
import { looksLikeWimboot, WIMBOOT, WIMBOOT_FILES, wimbootScript } from '../../artifacts/formats/wimboot.js';
import { Failure } from '../../base/failure.js';
import type { StageContext, StageFinding } from '../../pipeline/stage.js';
import type { Medium } from './medium.js';

/** Where all of it lies in a release. */
const FOLDER = 'boot/winpe';
export const WINPE_SCRIPT = posix.join(FOLDER, 'start.ipxe');
const HINT = 'Take `wimboot` from ipxe.org/wimboot, and lay it into the folder of the recipe.';

/** What is wrong with the file of the user. @param path of it @param written as the recipe has it */
export function wimbootFindings(path: string, written: string): StageFinding[] {
  const expected = 'wimboot for 64-bit machines, of version 2.2 or later';
  const finding = (what: string) => [{ path: ['wimboot'], what, expected, hint: HINT }];
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    return finding(`The recipe has no file ${written}.`);
  return looksLikeWimboot(path) ? [] : finding(`${written} is no wimboot.`);
}

/** What wimboot is handed. @throws Failure of kind `recipe` when the medium lacks some of it */
export function winpeFiles({
  iso,
  files,
}: Pick<Medium, 'iso' | 'files'>): readonly (readonly [name: string, file: UdfFile])[] {
  const named = (path: string) => files.find((file) => file.path.toLowerCase() === path);
  const missing = WIMBOOT_FILES.filter(({ medium }) => named(medium) === undefined);
  if (missing.length > 0)
    throw new Failure('recipe', {
      what: `${iso} has not all files that wimboot starts WinPE with.`,
      expected: WIMBOOT_FILES.map(({ medium }) => medium).join(', '),
      found: `no ${missing.map(({ medium }) => medium).join(', no ')}`,
      hint: 'Leave out `wimboot`: then the installer is started from its LUN.',
    });
  return WIMBOOT_FILES.flatMap(({ name, medium }) => {
    const file = named(medium);
    return file === undefined ? [] : [[name, file] as const];
  });
}

/** @param wimboot path of the user's file @throws Failure of kind `recipe` as {@link winpeFiles}, of kind `integrity` when the medium is cut off */
export async function writeWinpe(
  ctx: Pick<StageContext<unknown>, 'output' | 'artifact'>,
  medium: Medium,
  wimboot: string,
): Promise<void> {
  const files = winpeFiles(medium);
  const at = (name: string) => join(ctx.output, FOLDER, name);
  await mkdir(at(''));
  await copyFile(wimboot, at(WIMBOOT));
  for (const [name, file] of files) await copyUdfFile(medium.iso, file, at(name));
  await writeFile(join(ctx.output, WINPE_SCRIPT), wimbootScript());
  ctx.artifact(WINPE_SCRIPT, 'winpe-script');
  for (const name of [WIMBOOT, ...files.map(([each]) => each)])
    ctx.artifact(posix.join(FOLDER, name), 'winpe');
}

/** Whether the folder that was filled boots the models that it is for. */
import { readFile, stat } from 'node:fs/promises';
import { judgeFolder, type ModelNote } from '../../artifacts/platform/raspberry-pi/folder.js';
import type { ModelName } from '../../artifacts/platform/raspberry-pi/models.js';
import type { TftpReader } from '../../artifacts/platform/raspberry-pi/tftp-tree.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { StageContext } from '../../pipeline/stage.js';
import type { RootTree } from '../rootfs/tree.js';

/** @throws Failure of kind `recipe` when the firmware of a model does not come to its kernel */
export async function requireBoots(
  ctx: Pick<StageContext<unknown>, 'warn'>,
  tree: RootTree,
  models: readonly ModelName[],
): Promise<void> {
  const notes = await judgeFolder(models, readerOf(tree));
  const [first, ...more] = notes.filter(({ fatal }) => fatal).map(diagnostic);
  if (first !== undefined) throw new Failure('recipe', [first, ...more]);
  for (const { at, what } of notes) ctx.warn(`${RASPBERRY_PI.folder.inRoot}/${at}: ${what}`);
}

function readerOf(tree: RootTree): TftpReader {
  return async (name) => {
    const path = await tree.resolve(`${RASPBERRY_PI.folder.inRoot}/${name}`);
    const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (path === undefined || found?.isFile() !== true) return undefined;
    return { size: found.size, text: () => readFile(path, 'latin1') };
  };
}

function diagnostic({ kind, at, what, models }: ModelNote): Diagnostic {
  return {
    what: `A Raspberry Pi ${models.join(', ')} would not boot: ${what}`,
    found: `${RASPBERRY_PI.folder.inRoot}/${at}`,
    hint:
      kind === 'other-files'
        ? 'Take the lines of config.txt that name others (`cmdline`, `include`, `os_prefix`, a kernel) out of it in a step before this one.'
        : 'Add what is missing to a step before this one, or name the models that the release is for (`models`).',
  };
}

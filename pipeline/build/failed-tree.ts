/**
 * The tree of a step that failed, kept for a shell in it. It lies outside the build's folder, which is removed, and
 * never becomes a step's result.
 */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { ARCHITECTURES } from '../../artifacts/platform/architecture.js';
import type { Ports } from '../../base/ports.js';
import { removeTree } from '../../base/remove-tree.js';
import { parseRecord } from '../../base/schema/record.js';
import type { ChrootGuard } from '../distribution.js';
import { runForeign } from '../sandbox/foreign.js';
import { shellInRoot } from './root-shell.js';
import { mountTree, openMountRoot } from './root-tree.js';

/** All of a guard: a field that is missing here is one that the shell would go without. */
const guardSchema: z.ZodType<ChrootGuard, ChrootGuard> = z.strictObject({
  files: z.array(z.strictObject({ path: z.string(), text: z.string(), purpose: z.string() })).readonly(),
  silenced: z.array(z.string()).readonly(),
  environment: z.record(z.string(), z.string()),
});
const failedSchema = z.strictObject({
  step: z.string(),
  architecture: z.enum(ARCHITECTURES),
  /** Layers below, oldest first. */
  below: z.array(z.string()).readonly(),
  /** Of the tree's distribution. */
  guard: guardSchema.optional(),
});
type FailedStep = z.input<typeof failedSchema>;

/** `<workspace>/failed/<build>`. */
export function failedFolder(workspace: string, build: string): string {
  return join(workspace, 'failed', build);
}

/** Whether a build left the tree of a failed step. */
export async function hasFailedTree(folder: string): Promise<boolean> {
  return stat(join(folder, 'failed.json')).then(
    () => true,
    () => false,
  );
}

/** Puts the tree of a failed step aside. Where two fail at once the first one's stays. @param buildFolder `<workspace>/builds/<build>` */
export async function keepFailedTree(buildFolder: string, tree: string, about: FailedStep): Promise<void> {
  const folder = failedFolder(join(buildFolder, '..', '..'), basename(buildFolder));
  await mkdir(dirname(folder), { recursive: true });
  // mkdir is atomic: the step that makes it is the first that failed.
  const first = await mkdir(folder).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    },
  );
  if (!first) return;
  await rename(tree, join(folder, 'tree'));
  await writeFile(join(folder, 'failed.json'), JSON.stringify(about));
}

/** Exit code by which the user says that the tree shall stay. */
const KEEP = 64;
const COMMANDS = `keep() { exit ${KEEP}; }
discard() { exit 0; }
`;

/**
 * Opens a shell as root in a failed step's tree, with the network, on the user's terminal. Leaving it by `keep` keeps the
 * tree, all else removes it. @returns whether it is kept
 */
export async function shellInTree(folder: string, ports: Ports): Promise<boolean> {
  const file = join(folder, 'failed.json');
  const { step, architecture, below, guard } = parseRecord(await readFile(file, 'utf8'), failedSchema, {
    file,
    what: 'The record of the failed step',
    hint: 'Remove the folder, and build again.',
  });
  const mountRoot = await openMountRoot([folder, ...below], ports);
  await runForeign(architecture, folder, ports);
  const upper = { tree: join(folder, 'tree'), work: join(folder, 'work') };
  let code: number;
  {
    await using tree = await mountTree(mountRoot, { floor: join(folder, 'floor'), below, upper }, ports);
    const prompt = `${step} (keep|discard)`;
    code = await shellInRoot(
      tree.path,
      { prompt, commands: COMMANDS, ...(guard === undefined ? {} : { guard }) },
      ports,
    );
  }
  if (code === KEEP) return true;
  await removeTree(folder);
  return false;
}

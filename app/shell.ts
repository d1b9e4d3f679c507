/** A shell in the tree of a step that failed, from outside the sandbox. */
import { basename } from 'node:path';
import type { Failure } from '../base/failure.js';
import { failedFolder, hasFailedTree } from '../pipeline/build/failed-tree.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import type { ShellInside } from './inside/shell.js';

/** Opens the shell and waits for its end. */
export async function shellInFailedTree(
  failure: Failure,
  workspace: string,
  print: (lines: readonly string[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const { log, step } = failure;
  if (log === undefined || step === undefined || signal.aborted) return;
  // The log is named as the build is.
  const folder = failedFolder(workspace, basename(log, '.log'));
  // What fails before or after the steps leaves no tree.
  if (!(await hasFailedTree(folder))) return;
  print([
    `A shell in the tree of ${step}. Leave it with \`keep\` to keep the tree, with \`discard\` or Ctrl-D to remove it.`,
  ]);
  const payload: ShellInside = { folder };
  const job = { module: 'app/inside/shell.js', payload, network: 'host', terminal: true } as const;
  const kept = await enterSandbox(job, () => undefined, signal);
  print([kept === true ? `The tree is kept: ${folder}/tree` : 'The tree is removed.']);
}

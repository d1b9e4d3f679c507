/** A shell in the root of a release, from outside the sandbox. What is written there is thrown away. */
import { mkdir } from 'node:fs/promises';
import process from 'node:process';
import { ARCHITECTURES } from '../artifacts/platform/architecture.js';
import { readableOf } from '../artifacts/release/contents/image.js';
import { readRelease } from '../artifacts/release/release.js';
import { Failure } from '../base/failure.js';
import type { Argv } from '../base/ports.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import { emulatorFor } from '../pipeline/sandbox/foreign.js';
import { requireHost } from '../pipeline/tools.js';
import { claimOf } from '../pipeline/workspace.js';
import type { ReleaseShellInside } from './inside/release-shell.js';

export interface ReleaseShellRequest {
  /** Folder of the release. */
  readonly release: string;
  /** Run in the place of a shell. */
  readonly command?: Argv | undefined;
  readonly workspace: string;
}

/**
 * Opens the shell, or runs the command, on the user's terminal, and waits for its end.
 * @throws Failure of kind `usage` for a release without a root that can be read here, `host` for what is missing to run its programs,
 *   `tool` when the command did not succeed; how a shell ends says nothing
 */
export async function shellInRelease(
  { release: folder, command, workspace }: ReleaseShellRequest,
  signal: AbortSignal,
): Promise<void> {
  const release = await readRelease(folder);
  readableOf(release);
  const { architecture: named } = release.manifest;
  const architecture = ARCHITECTURES.find((each) => each === named);
  if (architecture === undefined) {
    throw new Failure('usage', {
      what: 'No program of the release can be run here.',
      expected: `a release for ${ARCHITECTURES.join(', ')}`,
      found: named,
    });
  }
  const emulator = emulatorFor(architecture);
  const tar = { name: 'tar', package: 'tar' };
  await requireHost([tar, ...(emulator === undefined ? [] : [emulator])]);
  await mkdir(workspace, { recursive: true });
  const payload: ReleaseShellInside = {
    workspace,
    owner: await claimOf(process.pid),
    release: release.path,
    architecture,
    ...(command === undefined ? {} : { command }),
  };
  const job = { module: 'app/inside/release-shell.js', payload, network: 'host', terminal: true } as const;
  const code = await enterSandbox(job, () => undefined, signal);
  if (command === undefined || code === 0) return;
  throw new Failure('tool', {
    what: `${command[0]} did not succeed in the root of ${release.manifest.recipe.name}.`,
    found: `exit code ${String(code)}`,
  });
}

/** Before tests that enter the sandbox: what runs inside is the compiled code, so it must be that of these sources. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const compiler = ['node_modules/typescript/bin/tsc', '--build', 'tsconfig.json'];
  // `npm test` has compiled already.
  if (process.env['LUNSMITH_COMPILED'] !== '1')
    execFileSync(process.execPath, compiler, { stdio: 'inherit' });
  const shared = await mkdtemp(join(tmpdir(), 'lunsmith-tests-'));
  project.provide('shared', shared);
  return () => rm(shared, { recursive: true, force: true });
}

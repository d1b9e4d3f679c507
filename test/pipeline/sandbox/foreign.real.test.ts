import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { enterSandbox } from '../../../pipeline/sandbox/enter.js';
import type { SandboxInside } from '../../inside/sandbox.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-foreign-'));
});
afterAll(() => rm(folder, { recursive: true }));

function enter(payload: SandboxInside): Promise<unknown> {
  const job = { module: 'test/inside/sandbox.js', payload, network: 'own' } as const;
  return enterSandbox(job, () => undefined, new AbortController().signal);
}

it.each(['arm64', 'armhf'] as const)('runs programs of %s, with the host as it was', async (architecture) => {
  const mounts = () => readFile('/proc/self/mountinfo', 'utf8');
  const before = await mounts();
  // By runForeign's own trial.
  expect(await enter({ do: 'foreign', folder, architecture })).toBe(`lunsmith-${architecture}`);
  expect(await mounts()).toBe(before);
});

it('says what a kernel lacks that cannot', async () => {
  const failure = await enter({ do: 'foreign', folder, architecture: 'arm64', refuse: true }).then(
    () => undefined,
    Failure.from,
  );
  expect(failure?.kind).toBe('host');
  expect(failure?.diagnostics[0]).toEqual({
    what: 'This host cannot run programs of arm64 in a sandbox.',
    expected: 'Linux 6.7 or later with binfmt_misc (CONFIG_BINFMT_MISC)',
    found: expect.stringMatching(/^Linux \S+: permission denied; chroot: /) as unknown,
    hint: expect.stringContaining('binfmt-support') as unknown,
  });
});

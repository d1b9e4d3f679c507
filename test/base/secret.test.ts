import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import { resolveSecret } from '../../base/secret.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-secret-'));
  await writeFile(join(folder, 'hash'), '$6$salt$hash\n', { mode: 0o600 });
  await writeFile(join(folder, 'empty'), '\n');
});
afterAll(() => rm(folder, { recursive: true }));

it('reads an environment variable and a file relative to the recipe', async () => {
  expect(await resolveSecret('env:HASH', folder, { HASH: 'abc' })).toBe('abc');
  expect(await resolveSecret('file:hash', folder, {})).toBe('$6$salt$hash');
});

it.each([
  ['env:HASH', 'The secret `env:HASH` is not there.', 'nothing', 'Run the command as: HASH=… npx lunsmith …'],
  ['file:absent', 'The secret `file:absent` is not there.', 'nothing', 'Create the file with mode 0600.'],
  [
    'file:empty',
    'The secret `file:empty` is not there.',
    'an empty value',
    'Create the file with mode 0600.',
  ],
])('says what is missing of %s', async (reference, what, found, hint) => {
  const failure = await resolveSecret(reference, folder, {}).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect((failure as Failure).diagnostics[0]).toMatchObject({ what, found, hint });
});

it('never repeats what might be the secret itself', async () => {
  const failure = (await resolveSecret('hunter2', folder, {}).catch((error: unknown) => error)) as Failure;
  expect(JSON.stringify(failure.toRecord())).not.toContain('hunter2');
  expect(failure.kind).toBe('recipe');
});

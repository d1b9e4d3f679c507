import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import { resolveChap } from '../../../hosts/site/chap.js';

const HINT = '`openssl rand -hex 8` makes one of 16 characters.';

async function outcome(value: string | undefined): Promise<unknown> {
  const error: unknown = await resolveChap('env:CHAP', '/', { CHAP: value }).catch(
    (reason: unknown) => reason,
  );
  return error instanceof Failure ? [error.kind, ...error.diagnostics] : error;
}

it.each(['a'.repeat(12), 'f'.repeat(16), 'A-z0_9.,;:!%&/()='.slice(0, 16)])('takes %s', async (secret) => {
  expect(await outcome(`${secret}\n`)).toBe(secret);
});

it('reads a file relative to the site', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chap-'));
  try {
    await writeFile(join(folder, 'web1'), '0123456789abcdef\n', { mode: 0o600 });
    expect(await resolveChap('file:web1', folder)).toBe('0123456789abcdef');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it.each([
  ['short', 'hunter2', '7 characters'],
  ['long', 'hunter2hunter2hun', '17 characters'],
])('refuses one that is too %s, and does not say it', async (word, secret, found) => {
  expect(await outcome(secret)).toEqual([
    'usage',
    {
      what: `The CHAP secret \`env:CHAP\` is too ${word}.`,
      expected: '12 to 16 characters, which suit every iSCSI implementation',
      found,
      hint: HINT,
    },
  ]);
});

it.each([
  'hunter2 hunter2',
  'hunter2"hunter2',
  "hunter2'hunter2",
  'hunter2#hunter2',
  'hunter2\\hunter2',
  'hünter2hunter2',
  'hunter2\nhunter2',
])('refuses characters that mean something elsewhere: %j', async (secret) => {
  expect(await outcome(secret)).toEqual([
    'usage',
    {
      what: 'The CHAP secret `env:CHAP` has a character that not every iSCSI implementation takes.',
      expected: 'ASCII letters, digits and signs, without spaces, quotes, `\\` and `#`',
      found: 'not shown: it is a secret',
      hint: HINT,
    },
  ]);
});

it('says what is not there', async () => {
  expect(await outcome(undefined)).toEqual([
    'usage',
    {
      what: 'The secret `env:CHAP` is not there.',
      expected: 'the environment variable CHAP to be set',
      found: 'nothing',
      hint: 'Run the command as: CHAP=… npx lunsmith …',
    },
  ]);
});

import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { packageFile } from '../../../base/package-root.js';
import { ACCOUNT_RULES, accountProblems } from '../../../hosts/target/accounts.js';

it('tells of each target what the documentation tells', async () => {
  const text = await readFile(packageFile('docs/target-hosts.md'), 'utf8');
  const { lio, tgt, iet } = ACCOUNT_RULES;
  const rules = [lio, tgt, iet].map(({ secret }) => secret.expected);
  expect(text).toContain(`| user and secret of CHAP | ${rules.join(' | ')} |\n`);
});

it.each([
  ['tgt', 'web1', 'C1B4HVIRZk@3$CLu', ['tgt cannot take this CHAP secret.']],
  ['lio', 'web1', 'C1B4HVIRZk@3$CLu', []],
  ['iet', 'web1', 'C1B4HVIRZk@3$CLu', []],
  ['lio', 'NULL', 'NULL-and-more', ['LIO cannot take this CHAP user.', 'LIO cannot take this CHAP secret.']],
  ['iet', 'a b', 'x', ['IET cannot take this CHAP user.']],
  ['tgt', 'a,b', 'a;b', ['tgt cannot take this CHAP user.', 'tgt cannot take this CHAP secret.']],
] as const)('%s, the user %s and the secret %s', (kind, user, secret, problems) => {
  const found = accountProblems(ACCOUNT_RULES[kind], { user, secret }, 'not shown');
  expect(found.map(({ what }) => what)).toEqual(problems);
  expect(JSON.stringify(found)).not.toContain(secret === 'x' ? 'no secret' : secret);
});

/** Secrets are references in a recipe; their values are read at the moment of use and stand in no event and no argv. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from './failure.js';
import { slashesMeant } from './suggest.js';

/**
 * The value behind `env:NAME` or `file:PATH`, without trailing newlines. A relative path starts at the recipe's folder.
 * @throws Failure of kind `recipe` that names the reference, never the value
 */
export async function resolveSecret(
  reference: string,
  folder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const [, scheme, rest] = /^(env|file):(.+)$/s.exec(reference) ?? [];
  if (scheme === undefined || rest === undefined) {
    throw new Failure('recipe', {
      what: 'A secret must be a reference.',
      expected: '`env:NAME` or `file:PATH`',
      found: 'something else (not shown: it may be the secret itself)',
      hint: 'Put the secret into an environment variable or a file of mode 0600 and name that.',
    });
  }
  const value =
    scheme === 'env'
      ? environment[rest]
      : await readFile(resolve(folder, rest), 'utf8').catch(() => undefined);
  const trimmed = value?.replace(/[\r\n]+$/, '');
  if (trimmed === undefined || trimmed === '') {
    throw new Failure('recipe', {
      what: `The secret \`${reference}\` is not there.`,
      expected:
        scheme === 'env'
          ? `the environment variable ${rest} to be set`
          : `the file ${resolve(folder, rest)} to be readable and not empty`,
      found: value === undefined ? 'nothing' : 'an empty value',
      hint:
        scheme === 'env' ? `Run the command as: ${rest}=… npx lunsmith …` : 'Create the file with mode 0600.',
      ...(scheme === 'file' ? slashesMeant(rest) : {}),
    });
  }
  return trimmed;
}

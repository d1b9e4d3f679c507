/** The CHAP secret behind a reference, at the moment of use. */
import { Failure } from '../../base/failure.js';
import { resolveSecret } from '../../base/secret.js';

/** Initiators and targets of all makers take secrets of this many bytes; some take no others. */
const SHORTEST = 12;
const LONGEST = 16;

/**
 * The value behind `env:NAME` or `file:PATH`.
 * @param folder absolute path that relative paths start at: the site's
 * @throws Failure of kind `usage` that names the reference, never the value
 */
export async function resolveChap(
  reference: string,
  folder: string,
  environment?: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const secret = await resolveSecret(reference, folder, environment).catch((error: unknown) => {
    throw error instanceof Failure ? new Failure('usage', error.diagnostics, { cause: error }) : error;
  });
  // Whatever is not of this range is more than one byte, or stands for something in a target's configuration.
  if (!/^[!-~]+$/.test(secret) || /["'\\#]/.test(secret)) {
    throw new Failure('usage', {
      what: `The CHAP secret \`${reference}\` has a character that not every iSCSI implementation takes.`,
      expected: 'ASCII letters, digits and signs, without spaces, quotes, `\\` and `#`',
      found: 'not shown: it is a secret',
      hint: HOW_TO_MAKE_A_SECRET,
    });
  }
  if (secret.length < SHORTEST || secret.length > LONGEST) {
    throw new Failure('usage', {
      what: `The CHAP secret \`${reference}\` is too ${secret.length < SHORTEST ? 'short' : 'long'}.`,
      expected: `${SHORTEST} to ${LONGEST} characters, which suit every iSCSI implementation`,
      found: `${secret.length} characters`,
      hint: HOW_TO_MAKE_A_SECRET,
    });
  }
  return secret;
}

export const HOW_TO_MAKE_A_SECRET = '`openssl rand -hex 8` makes one of 16 characters.';

/** A secret that was written where a reference belongs is not repeated: not with its line, and not by itself. */
import type { Diagnostic } from '../../base/failure.js';
import { suggest } from '../../base/suggest.js';

const SECRET_WORDS = ['secret', 'password'];

/** `key: value` where the value is no reference. */
const PLAIN = /([A-Za-z_-]+)["']?\s*:\s*(?!["']?(?:prompt:)?(?:env|file):)[^\s#]/g;
/** An account with a password, in a URL or without its scheme. */
const ACCOUNT = /[^\s/@]:[^\s/]*@/;

export function hideSecrets(problems: readonly Diagnostic[]): Diagnostic[] {
  return problems.map((problem) => {
    const { text, ...place } = problem.place ?? { file: '', line: 0, column: 0, text: undefined };
    return text === undefined || !mayHoldSecret(text) ? problem : { ...problem, place };
  });
}

function mayHoldSecret(line: string): boolean {
  if (ACCOUNT.test(line)) return true;
  return [...line.matchAll(PLAIN)].some(([, key = '']) => isSecretKey(key));
}

/** Also a misspelt one. */
function isSecretKey(key: string): boolean {
  return /secret|pass|pw|chap|token|key/i.test(key) || suggest(key, SECRET_WORDS) !== undefined;
}

/**
 * What each kind of target takes as user and secret of CHAP. It is known before anything is asked of the target, so that what
 * one cannot take is refused while nothing has changed.
 */
import type { Diagnostic } from '../../base/failure.js';
import type { HostFacts } from '../site/facts.js';

export interface TextRule {
  readonly pattern: RegExp;
  /** In words, for the error message. */
  readonly expected: string;
}

export interface AccountRules {
  /** The target's program, as messages name it. */
  readonly by: string;
  readonly user: TextRule;
  readonly secret: TextRule;
}

export interface Account {
  readonly user: string;
  readonly secret: string;
}

/** tgt-admin hands what it reads to tgtadm through a shell, and tgtd splits parameters at commas. */
const OF_TGT: TextRule = {
  pattern: /^[A-Za-z0-9._:@%+=/-]{1,200}$/,
  expected: 'letters, digits and . _ : @ % + = / -',
};
/** The kernel takes 255 bytes, and a word that begins with NULL as none (`lio_target_*_auth`). */
const OF_LIO: TextRule = {
  pattern: /^(?!NULL)[!-~]{1,255}$/,
  expected: '1 to 255 printable ASCII characters without a space, not beginning with NULL',
};
/** A word ends at a space; a backslash joins lines; `#` may not stand in a line (ietd.conf(5)). */
const OF_IET: TextRule = {
  pattern: /^[!"$-[\]-~]{1,200}$/,
  expected: '1 to 200 printable ASCII characters without a space, # and \\',
};

export const ACCOUNT_RULES: Readonly<Record<HostFacts['target']['kind'], AccountRules>> = {
  tgt: { by: 'tgt', user: OF_TGT, secret: OF_TGT },
  lio: { by: 'LIO', user: OF_LIO, secret: OF_LIO },
  iet: { by: 'IET', user: OF_IET, secret: OF_IET },
  // What the array takes is not known; all of these can be typed.
  none: { by: 'A storage array', user: OF_IET, secret: OF_IET },
};

/** What the target cannot take; it never shows a secret. @param secret how the secret may be called: by its reference */
export function accountProblems(
  { by, user, secret }: AccountRules,
  account: Account,
  called: string,
): Diagnostic[] {
  const problem = (what: string, value: string, { pattern, expected }: TextRule, found: string) =>
    pattern.test(value) ? [] : [{ what: `${by} cannot take this ${what}.`, expected, found }];
  return [
    ...problem('CHAP user', account.user, user, account.user),
    ...problem('CHAP secret', account.secret, secret, called),
  ];
}

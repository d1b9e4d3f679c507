/** URLs in recipes and sites. None holds a password: what stands in these files ends in images, on hosts and in logs. */
import { hasCredentials } from '../url.js';
import { type Checked, checkedText } from './checked.js';

export interface UrlWishes {
  /** Regular expression of all that is right, for editors too; a password is refused beside it. */
  readonly pattern: string;
  readonly expected: string;
  /** Where user and password belong instead. */
  readonly instead: string;
}

/** A schema of URLs. */
export function urlSchema({ pattern, expected, instead }: UrlWishes) {
  const right = new RegExp(pattern);
  return checkedText((text): Checked<string> => {
    if (hasCredentials(text)) {
      return {
        secret: true,
        problem: {
          what: 'A URL must not hold a user or a password.',
          expected,
          found: 'not shown: it may be a secret',
          hint: instead,
        },
      };
    }
    if (right.test(text)) return { value: text };
    return { problem: { what: 'Not a URL that can stand here.', expected, found: `\`${text}\`` } };
  }, pattern);
}

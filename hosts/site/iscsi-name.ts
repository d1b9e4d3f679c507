/**
 * Names of iSCSI nodes (RFC 7143, section 4.2.7): `iqn.` with the date and the reversed domain of who gives the name, or
 * `eui.` and `naa.` with a number. Characters as RFC 3722 leaves them: lower-case letters, digits, `-`, `.` and `:`.
 */
import type { Checked, Refused } from '../../base/schema/checked.js';

/** Bytes that a name may have (RFC 7143, section 4.2.7.1). */
const LONGEST = 223;
/**
 * What a target's name may begin with: behind it stand `:`, a client (63), `.`, an image (32), `.` and a generation,
 * which is 12 digits, `-` and a count.
 */
const LONGEST_PREFIX = 100;

const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const IQN = `iqn\\.[0-9]{4}-(?:0[1-9]|1[0-2])\\.${LABEL}(?:\\.${LABEL})+(?::[a-z0-9:.-]+)?`;
/** EUI-64, and NAA of 64 or 128 bits (RFC 3980). */
const NUMBER = '(?:eui\\.[0-9A-Fa-f]{16}|naa\\.(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}))';

export const IQN_PATTERN = `^${IQN}$`;
export const INITIATOR_PATTERN = `^(?:${IQN}|${NUMBER})$`;

const EXPECTED =
  '`iqn.`, the year and month from which you own a domain, and the domain reversed, such as `iqn.2026-01.org.example:san1`';

/** What the names of a host's targets begin with. */
export function checkPrefix(text: string): Checked<string> {
  return checkIqn(text, LONGEST_PREFIX, EXPECTED);
}

/** The name of a target that is not ours. */
export function checkTargetName(text: string): Checked<string> {
  return checkIqn(text, LONGEST, EXPECTED);
}

/** The name of an initiator, in lower case: targets compare without regard to case (RFC 7143, section 4.2.7.1). */
export function checkInitiator(text: string): Checked<string> {
  if (new RegExp(`^${NUMBER}$`).test(text)) return { value: text.toLowerCase() };
  if (text.startsWith('eui.')) return wrong(text, '`eui.` and 16 hexadecimal digits');
  if (text.startsWith('naa.')) return wrong(text, '`naa.` and 16 or 32 hexadecimal digits');
  return checkIqn(text, LONGEST, `${EXPECTED}; or \`eui.\` or \`naa.\` and hexadecimal digits`);
}

function checkIqn(text: string, longest: number, expected: string): Checked<string> {
  if (!new RegExp(IQN_PATTERN).test(text)) return wrong(text, expected, hintFor(text));
  if (text.length <= longest) return { value: text };
  return {
    problem: {
      what: 'The iSCSI name is too long.',
      expected: `at most ${longest} characters`,
      found: `${text.length} characters`,
    },
  };
}

function hintFor(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (new RegExp(IQN_PATTERN).test(lower)) return `Write it in lower case: \`${lower}\`.`;
  const month = /^iqn\.[0-9]{4}-([0-9]{2})\./.exec(text)?.[1];
  if (month !== undefined && (month === '00' || Number(month) > 12)) return `There is no month ${month}.`;
  const other = /[^a-z0-9:.-]/.exec(lower)?.[0];
  if (other !== undefined) {
    return `\`${other}\` cannot stand in it: only letters, digits, \`-\`, \`.\` and \`:\` can.`;
  }
  return undefined;
}

function wrong(text: string, expected: string, hint?: string): Refused {
  return {
    problem: {
      what: 'Not an iSCSI name.',
      expected,
      found: `\`${text}\``,
      ...(hint === undefined ? {} : { hint }),
    },
  };
}

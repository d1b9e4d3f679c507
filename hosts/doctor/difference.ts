/** In what an edited text differs, without telling a secret: neither ours nor one that was added by hand. */
import type { ClientAccount } from '../boot-files/boot-file.js';

export interface LineDifference {
  /** Counts from 1. */
  readonly line: number;
  readonly expected: string;
  readonly found: string;
}

/** Words of lines that hold a secret, in scripts of iPXE and in the files of all targets. */
const SECRET_WORD = /pass|secret|incominguser/i;
const NOTHING = 'nothing';

/** The first line that differs; undefined when none does. */
export function firstDifference(
  expected: string,
  found: string,
  accounts: Iterable<ClientAccount>,
): LineDifference | undefined {
  const [wanted, there] = [expected.split('\n'), found.split('\n')];
  const index = Array.from({ length: Math.max(wanted.length, there.length) }).findIndex(
    (_, each) => wanted[each] !== there[each],
  );
  if (index === -1) return undefined;
  const forms = [...accounts].flatMap(({ secret }) => secretForms(secret));
  const shown = (line: string | undefined) => {
    if (line === undefined || line.trim() === '') return NOTHING;
    const [word = ''] = line.trim().split(/[\s=:]/);
    const hidden = SECRET_WORD.test(line) || forms.some((form) => line.includes(form));
    return hidden ? `${SECRET_WORD.test(word) ? word : 'a line with'} (a secret, not shown)` : line.trim();
  };
  return { line: index + 1, expected: shown(wanted[index]), found: shown(there[index]) };
}

/** Shorter ones are no secrets of ours, and would be found everywhere. */
const SHORTEST = 8;

/** As it is written in scripts and configuration files: as it is, as JSON, and as iPXE's bytes. */
export function secretForms(secret: string): string[] {
  if (secret.length < SHORTEST) return [];
  const hex = [...Buffer.from(secret)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), hex])];
}

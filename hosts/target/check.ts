/** What a target's files and protocols can hold is checked before anything is written or changed. */
import { Failure } from '../../base/failure.js';
import { type AccountRules, accountProblems, type TextRule } from './accounts.js';
import type { OfferedDisk, OfferedLun } from './adapter.js';

export interface TextRules {
  readonly target: TextRule;
  readonly initiator: TextRule;
  readonly disk: TextRule;
  readonly account: AccountRules;
}

/**
 * A rule for names of initiators, which have more forms than those of our targets: `eui.` and `naa.` (RFC 7143, section 4.2.7; RFC
 * 3980).
 */
export function orNumber({ pattern, expected }: TextRule, naa = '[0-9a-f]{16}(?:[0-9a-f]{16})?'): TextRule {
  return {
    pattern: new RegExp(`${pattern.source}|^(?:eui\\.[0-9a-f]{16}|naa\\.${naa})$`),
    expected: `${expected}, or eui. or naa. and hexadecimal digits`,
  };
}

/** Every target takes 16 digits: IET's `ScsiId` has room for no more (ietd.conf(5)). */
const SERIAL: TextRule = { pattern: /^[0-9a-f]{16}$/, expected: '16 hexadecimal digits in lower case' };

/** @throws Failure of kind `usage`; it never shows a secret */
export function checkOffered(offered: readonly OfferedLun[], rules: TextRules): void {
  const { by } = rules.account;
  const check = (what: string, value: string, { pattern, expected }: TextRule) => {
    if (pattern.test(value)) return;
    throw new Failure('usage', { what: `${by} cannot take this ${what}.`, expected, found: value });
  };
  for (const lun of offered) {
    const { target, initiator, chap } = lun;
    check('name of a target', target, rules.target);
    check('name of an initiator', initiator, rules.initiator);
    for (const { disk, serial } of disksOf(lun)) {
      check('path of a disk', disk, rules.disk);
      check('serial number', serial, SERIAL);
    }
    const [problem] = accountProblems(rules.account, chap, `the secret of ${chap.user}`);
    if (problem !== undefined) throw new Failure('usage', problem);
  }
  unique('name of a target', offered, ({ target }) => [target]);
  unique('disk', offered, (lun) =>
    disksOf(lun).flatMap(({ disk, readOnly }) => (readOnly === true ? [] : [disk])),
  );
  unique('serial number', offered, (lun) => disksOf(lun).map(({ serial }) => serial));
}

/** Its disks in the order of their numbers. */
export function disksOf(lun: OfferedLun): readonly OfferedDisk[] {
  return [lun, ...(lun.beside === undefined ? [] : [lun.beside])];
}

function unique(
  what: string,
  offered: readonly OfferedLun[],
  keys: (lun: OfferedLun) => readonly string[],
): void {
  const owners = new Map<string, string>();
  for (const lun of offered) {
    for (const key of keys(lun)) {
      const owner = owners.get(key);
      if (owner !== undefined) {
        throw new Failure('usage', {
          what: `The same ${what} is offered twice.`,
          expected: `another ${what} for each target`,
          found: owner === lun.target ? key : `${key}, by ${owner} and ${lun.target}`,
        });
      }
      owners.set(key, lun.target);
    }
  }
}

/**
 * ietd.conf(5) and `initiators.allow` of the iSCSI Enterprise Target 1.4.18 and later. IET has no include: what is made here
 * is joined to `/etc/iet/ietd.conf` and `/etc/iet/initiators.allow`. Mind that the mere existence of `initiators.allow`
 * denies every initiator each target that it does not name.
 */

import { ACCOUNT_RULES, type TextRule } from '../accounts.js';
import type { OfferedLun } from '../adapter.js';
import { checkOffered, disksOf, orNumber, type TextRules } from '../check.js';

/** Of the first disk. */
export const LUN = 0;

const NAME: TextRule = {
  pattern: /^iqn\.\d{4}-\d{2}\.[A-Za-z0-9.:-]{1,210}$/,
  expected: 'iqn.YYYY-MM.DOMAIN:NAME of letters, digits and . : -',
};
const RULES: TextRules = {
  target: NAME,
  initiator: orNumber(NAME),
  disk: {
    pattern: /^\/[A-Za-z0-9._:@%+=/-]{1,1000}$/,
    expected: 'an absolute path of letters, digits and . _ : @ % + = / -',
  },
  account: ACCOUNT_RULES.iet,
};

/** @throws Failure of kind `usage` for what IET's files cannot hold */
export function checkIet(offered: readonly OfferedLun[]): void {
  checkOffered(offered, RULES);
}

/** The text of `ietd.conf`. @throws Failure of kind `usage` */
export function ietdConf(offered: readonly OfferedLun[]): string {
  checkIet(offered);
  return [
    '# Made by lunsmith: join it to /etc/iet/ietd.conf, then restart ietd.\n',
    ...offered.map(
      (lun) => `
Target ${lun.target}
    IncomingUser ${lun.chap.user} ${lun.chap.secret}
${disksOf(lun)
  .map(
    ({ disk, backing, serial, readOnly }, index) =>
      `    Lun ${LUN + index} Path=${disk},Type=${backing}io,ScsiId=${serial},ScsiSN=${serial}${readOnly === true ? ',IOMode=ro' : ''}\n`,
  )
  .join('')}`,
    ),
  ].join('');
}

/** The text of `initiators.allow`, which knows names as anchored POSIX expressions. @throws Failure of kind `usage` */
export function initiatorsAllow(offered: readonly OfferedLun[]): string {
  checkIet(offered);
  return [
    '# Made by lunsmith: join it to /etc/iet/initiators.allow; a target that is not named there lets nobody in.\n',
    ...offered.map(({ target, initiator }) => `${target} ${initiator.replaceAll('.', '\\.')}\n`),
  ].join('');
}

/**
 * targets.conf(5): what tgt-admin sets up when tgtd starts. The file goes where `/etc/tgt/targets.conf` includes it, e.g.
 * by a symbolic link in `/etc/tgt/conf.d`; never call `tgt-admin -e -c` with it, which deletes all targets that it does not
 * name. tgt-admin hands everything to tgtadm through a shell, so the rules are strict.
 */

import { ACCOUNT_RULES, type TextRule } from '../accounts.js';
import type { OfferedDisk, OfferedLun } from '../adapter.js';
import { checkOffered, disksOf, orNumber, type TextRules } from '../check.js';

/** Of the first disk: LUN 0 is tgtd's own controller and cannot be deleted. */
export const LUN = 1;

/**
 * tgtd lets an initiator in that matches the addresses **or** the names, and tgt-admin adds the address `ALL` to each target without
 * an address: a name alone would refuse no initiator. No connection comes from the limited broadcast address (RFC 919).
 */
export const NO_ADDRESS = '255.255.255.255';

/**
 * Without a write cache each write is on the disk before it is answered. Clients keep their sessions while the host
 * restarts, so they would never learn that a cache was lost.
 */
export const WRITE_CACHE_OFF =
  'mode_page=8:0:18:0x10:0:0xff:0xff:0:0:0xff:0xff:0xff:0xff:0x80:0x14:0:0:0:0:0:0,';
export const THIN = 'thin_provisioning=1,';
/** Always told: tgtd keeps what a LUN was told before. */
export const readOnlyParam = (readOnly = false): string => `readonly=${readOnly ? 1 : 0},`;

const NAME: TextRule = {
  pattern: /^iqn\.\d{4}-\d{2}\.[A-Za-z0-9.:-]{1,210}$/,
  expected: 'iqn.YYYY-MM.DOMAIN:NAME of letters, digits and . : -',
};

const RULES: TextRules = {
  target: NAME,
  initiator: orNumber(NAME),
  disk: {
    pattern: /^\/[A-Za-z0-9._:@%+=/-]+$/,
    expected: 'an absolute path of letters, digits and . _ : @ % + = / -',
  },
  account: ACCOUNT_RULES.tgt,
};

/** @throws Failure of kind `usage` for what tgtd or its file cannot hold */
export function checkTgt(offered: readonly OfferedLun[]): void {
  checkOffered(offered, RULES);
}

/** The text of the file. @throws Failure of kind `usage` */
export function targetsConf(offered: readonly OfferedLun[]): string {
  checkTgt(offered);
  return [
    '# Made by lunsmith; tgt-admin(8) reads it when tgtd starts.\n',
    ...offered.map(
      (lun) => `
<target ${lun.target}>
${disksOf(lun)
  .map((disk, index) => backingStore(disk, LUN + index))
  .join('\n')}
    # Nobody by address, for an address would be enough; one by name.
    initiator-address ${NO_ADDRESS}
    initiator-name ${lun.initiator}
    ${INCOMING_USER} ${lun.chap.user} ${lun.chap.secret}
</target>
`,
    ),
  ].join('');
}

function backingStore({ disk, serial, readOnly }: OfferedDisk, lun: number): string {
  return `    <backing-store ${disk}>
        lun ${lun}
        scsi_id ${serial}
        scsi_sn ${serial}
        write-cache off
        params thin_provisioning=1${readOnly === true ? ',readonly=1' : ''}
    </backing-store>`;
}

const INCOMING_USER = 'incominguser';

/** Secret of each user in a file that {@link targetsConf} made. */
export function secretsIn(text: string): Map<string, string> {
  const secrets = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [word, user, secret] = line.trim().split(' ');
    if (word === INCOMING_USER && user !== undefined && secret !== undefined) secrets.set(user, secret);
  }
  return secrets;
}

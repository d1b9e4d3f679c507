/** What a running tgtd has, beside what it shall offer. */
import type { OfferedLun } from '../adapter.js';
import { disksOf } from '../check.js';
import type { Strange } from '../refusals.js';
import { LUN, NO_ADDRESS } from './conf.js';
import type { TgtTarget } from './show.js';

/** Targets with our names but a foreign disk, and foreign targets that offer a disk of ours. */
export function strangeTargets(targets: readonly TgtTarget[], offered: readonly OfferedLun[]): Strange[] {
  return offered.flatMap((lun) => {
    const { target } = lun;
    const disks = disksOf(lun).map(({ disk }) => disk);
    const found = targets.find(({ name }) => name === target);
    const reason = found === undefined ? undefined : strange(found, disks);
    if (reason !== undefined) return [{ target, found: reason }];
    const others = targets.filter(({ name }) => name !== target);
    const taken = others.flatMap(({ name, luns }) => luns.map(({ path }) => ({ name, path })));
    const own = disksOf(lun).flatMap(({ disk, readOnly }) => (readOnly === true ? [] : [disk]));
    const other = taken.find(({ path }) => own.includes(path));
    return other === undefined
      ? []
      : [{ target, found: `its disk ${other.path} is offered by ${other.name}` }];
  });
}

/** An interrupted call may have left a target without anything; one that has a disk is ours when the disk is. */
function strange({ luns, accounts, access }: TgtTarget, wanted: readonly string[]): string | undefined {
  const disks = luns.filter(({ lun }) => lun !== 0);
  const other = disks.find(({ lun, path }) => wanted[lun - LUN] !== path);
  if (other !== undefined) return `LUN ${other.lun} is ${other.path}`;
  if (disks.length > 0) return undefined;
  if (accounts.length > 0) return `no disk, but the CHAP account ${accounts[0]}`;
  return access.length > 0 ? `no disk, but ${access[0]} may log in` : undefined;
}

/** Names and addresses that may log in and shall not. */
export function unwantedAccess({ access }: TgtTarget, initiator: string): string[] {
  return access.filter((each) => each !== initiator && each !== NO_ADDRESS);
}

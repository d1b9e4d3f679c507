/**
 * What LIO shall have, in the format of its saveconfig.json (targetcli(8), rtslib's `RTSRoot.dump`). It holds our targets
 * only: `targetcli restoreconfig FILE` puts it beside what other people have, where none of ours is left.
 */

import type { Portals } from '../../site/portal.js';
import { ACCOUNT_RULES, type TextRule } from '../accounts.js';
import type { OfferedDisk, OfferedLun } from '../adapter.js';
import { checkOffered, disksOf, orNumber, type TextRules } from '../check.js';

/** rtslib wants a domain of two words at least, no underscore, and makes all letters small. */
const NAME: TextRule = {
  pattern: /^iqn\.\d{4}-[01]\d\.[a-z0-9:-]+\.[a-z0-9.:-]{1,190}$/,
  expected: 'iqn.YYYY-MM.DOMAIN.DOMAIN:NAME of small letters, digits and . : -',
};
const RULES: TextRules = {
  target: NAME,
  // rtslib's `normalize_wwn` knows NAA of 64 bits only.
  initiator: orNumber(NAME, '[125][0-9a-f]{15}'),
  disk: {
    pattern: /^\/[A-Za-z0-9._@%+=/-]{1,254}$/,
    expected: 'an absolute path of at most 255 letters, digits and . _ @ % + = / -',
  },
  account: ACCOUNT_RULES.lio,
};

/** @throws Failure of kind `usage` for what LIO cannot hold */
export function checkLio(offered: readonly OfferedLun[]): void {
  checkOffered(offered, RULES);
}

/** Names of the backstores that a target of ours can have, in the order of the numbers of its LUNs. */
export function storeNames(target: string): readonly [string, string] {
  return [target, `${target}.beside`];
}

/** Its backstores, in the order of the numbers. */
export function storesOf(
  lun: OfferedLun,
): readonly (OfferedDisk & { readonly name: string; readonly plugin: 'fileio' | 'block' })[] {
  const names = storeNames(lun.target);
  return disksOf(lun).map((disk, index) => ({
    ...disk,
    name: names[index] as string,
    plugin: pluginOf(disk),
  }));
}

function pluginOf({ backing }: OfferedDisk): 'fileio' | 'block' {
  return backing === 'file' ? 'fileio' : 'block';
}

/** The text of the file. @throws Failure of kind `usage` */
export function lioConfig(offered: readonly OfferedLun[], portals: Portals): string {
  checkLio(offered);
  const config = {
    fabric_modules: [],
    storage_objects: offered.flatMap(storesOf).map(storageObject),
    targets: offered.map((lun) => target(lun, portals)),
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function storageObject({ name, disk, bytes, serial, plugin }: ReturnType<typeof storesOf>[number]): object {
  return {
    // The clone of an image is sparse or thin: what a client discards is free again.
    attributes: { emulate_tpu: 1 },
    dev: disk,
    name,
    plugin,
    // Each write is on the disk before it is answered: clients keep their sessions while the host restarts.
    ...(plugin === 'fileio' ? { size: bytes, write_back: false } : {}),
    wwn: serial,
  };
}

function target(lun: OfferedLun, portals: Portals): object {
  const stores = storesOf(lun);
  return {
    fabric: 'iscsi',
    tpgs: [
      {
        attributes: { authentication: 1, demo_mode_write_protect: 1, generate_node_acls: 0 },
        enable: true,
        luns: stores.map(({ name, plugin }, index) => ({
          index,
          storage_object: `/backstores/${plugin}/${name}`,
        })),
        node_acls: [
          {
            chap_password: lun.chap.secret,
            chap_userid: lun.chap.user,
            mapped_luns: stores.map(({ readOnly = false }, index) => ({
              index,
              tpg_lun: index,
              write_protect: readOnly,
            })),
            node_wwn: lun.initiator,
          },
        ],
        portals: portals.map(({ address, port }) => ({ ip_address: address, port })),
        tag: 1,
      },
    ],
    wwn: lun.target,
  };
}

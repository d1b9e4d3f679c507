/**
 * No target of ours: the LUNs are those of a storage array, which its administrator changes. What it has to offer is written into a file
 * for them, without secrets; its sessions are not known.
 */

import { type Portals, portalText } from '../../site/portal.js';
import type { OfferedLun, TargetAdapter } from '../adapter.js';

/** Name in `conf/`. */
const ARRAY_FILE = 'array.txt';

/** @param lun number under which clients see the disk */
export function noAdapter(lun: number): TargetAdapter {
  return {
    lun,
    tools: [],
    files: [ARRAY_FILE],
    byHand: `The array has to offer what ${ARRAY_FILE} in the folder \`conf\` lists.`,
    look: (target) => [`the array’s own view of ${target}, its sessions and its log`],
    render: (offered, portals) => [{ name: ARRAY_FILE, text: arrayText(offered, portals, lun) }],
    check: () => Promise.resolve(),
    apply: () => Promise.resolve(),
    show: () => Promise.resolve([]),
    sessions: () => Promise.resolve([]),
    remove: () => Promise.resolve(),
  };
}

function arrayText(offered: readonly OfferedLun[], portals: Portals, lun: number): string {
  return [
    `# What the storage array at ${portals.map(portalText).join(' and ')} has to offer. Each disk has at least the bytes of its image, and its content from it.`,
    ...offered.flatMap(({ target, disk, bytes, initiator, chap }) => [
      '',
      `target     ${target}`,
      `lun        ${lun}`,
      `image      ${disk}`,
      `bytes      ${bytes}`,
      `initiator  ${initiator}`,
      `chap-user  ${chap.user}`,
    ]),
    '',
  ].join('\n');
}

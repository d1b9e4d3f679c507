/** Whether every LUN of every generation lies where its target looks for it. */
import type { Finding } from './finding.js';
import type { NamedLun } from './state.js';
import type { Size } from './survey.js';

const BY_OTHERS = 0o007;

/** Pure. @param sizes of those that are there, by path */
export function diskFindings(luns: readonly NamedLun[], sizes: ReadonlyMap<string, Size>): Finding[] {
  return luns.flatMap(({ client, image, id, disk, bytes, readOnly }): Finding[] => {
    const lun = `The LUN of ${client}, image ${image}, ${id}`;
    const words = { level: 'error', about: 'disks', where: disk } as const;
    // A LUN that is shared is a file of its release, which is looked at for itself.
    if (readOnly === true) return [];
    const reset = `Give it a fresh one, without what the client stored: npx lunsmith client reset ${client}`;
    const size = sizes.get(disk);
    if (size === undefined) {
      return [
        {
          ...{
            ...words,
            what: `${lun}, is not there.`,
            expected: `a disk of ${bytes} bytes`,
            found: 'nothing',
          },
          hint: `Bring it back from a copy of your own. ${reset}`,
        },
      ];
    }
    if (size.bytes !== bytes) {
      return [
        {
          ...{
            ...words,
            what: `${lun}, has another size.`,
            expected: `${bytes} bytes`,
            found: `${size.bytes} bytes`,
          },
          hint: `Somebody changed it. ${reset}`,
        },
      ];
    }
    if (size.mode === undefined || (size.mode & BY_OTHERS) === 0) return [];
    return [
      {
        ...{
          ...words,
          what: `${lun}, is open to others.`,
          expected: 'mode 600',
          found: `mode ${size.mode.toString(8)}`,
        },
        hint: `Run there: chmod 600 ${disk}`,
      },
    ];
  });
}

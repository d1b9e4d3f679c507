/** What interrupted calls left behind. None of it is seen by clients. */
import { posix } from 'node:path';
import type { StatesThere } from '../apply/states.js';
import type { Clone } from '../clients/clone.js';
import type { HostFacts } from '../site/facts.js';
import type { Finding } from './finding.js';
import type { Entries } from './survey.js';

export interface Left {
  readonly states: StatesThere;
  readonly clones: readonly Clone[];
  /** Paths of LUNs that some state on the host names. */
  readonly named: ReadonlySet<string>;
}

/** Pure. */
export function leftoverFindings(
  { name, root }: HostFacts,
  entries: Entries,
  { states, clones, named }: Left,
): Finding[] {
  const { current = 0, all } = states;
  const finding = (what: string, where: string, expected: string, found: string, hint: string): Finding => ({
    ...{ level: 'warning', about: 'leftovers', what, where, expected, found, hint },
  });
  const at = (path: string) => posix.join(root, path);
  const finish = `The next change of the host finishes or removes it, or: npx lunsmith repair --on ${name}`;
  return [
    ...all.flatMap(({ serial, marks }) => {
      const where = at(`states/${serial}`);
      if (serial > current)
        return [
          finding(
            'A change was begun and not finished.',
            where,
            `states up to ${current}`,
            `state ${serial}`,
            finish,
          ),
        ];
      if (serial < current || marks.has('converged')) return [];
      return [
        finding(
          'The last change is not finished: targets and files of the TFTP and DHCP servers may still be the old ones.',
          ...([where, 'the mark `converged`', 'none', finish] as const),
        ),
      ];
    }),
    ...[...entries.keys()].flatMap((path) => {
      if (/^incoming\/[0-9a-f]{64}$/.test(path)) {
        const digest = posix.basename(path);
        return [
          finding(
            `The release ${digest.slice(0, 12)} came in part.`,
            ...([at(path), 'no release on its way', 'a part of one'] as const),
            `Publish it again, which goes on there: npx lunsmith publish out/RECIPE/releases/${digest} --to ${name}. Or remove the folder.`,
          ),
        ];
      }
      return path.endsWith('.partial')
        ? [
            finding(
              'A file was begun and not finished.',
              at(path),
              'no such file',
              'a part of one',
              'Remove it.',
            ),
          ]
        : [];
    }),
    ...clones.flatMap(({ disk, partial }) => {
      if (partial)
        return [finding('A LUN was begun and not finished.', disk, 'whole LUNs', 'a part of one', finish)];
      return named.has(disk)
        ? []
        : [
            finding(
              'A LUN belongs to no client.',
              disk,
              'the LUNs of the state',
              'another one',
              'If nobody needs what is in it, remove it.',
            ),
          ];
    }),
  ];
}

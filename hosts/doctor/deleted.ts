/** Whether what was deleted can be brought back, and whether it is kept for longer than it shall be. */
import { dueAt } from '../change/aside.js';
import { type HostState, lunsOf } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import type { Finding } from './finding.js';
import type { Size } from './survey.js';

export interface LookedAt {
  /** Of those that are there, by path. */
  readonly sizes: ReadonlyMap<string, Size>;
  /** By the host; RFC 3339, UTC. */
  readonly clock: string;
}

/** Pure. */
export function deletedFindings(
  facts: HostFacts,
  { deleted = [] }: HostState,
  { sizes, clock }: LookedAt,
): Finding[] {
  const prune = `npx lunsmith client prune --on ${facts.name}`;
  const overdue = deleted.filter((each) => Date.parse(dueAt(each, facts)) <= Date.parse(clock));
  const [first] = overdue;
  const late: Finding[] =
    first === undefined
      ? []
      : [
          {
            ...{ level: 'warning', about: 'space', where: facts.root },
            what: 'LUNs that were deleted are kept for longer than the site says: nothing was changed since.',
            expected: `none after its time, the first of them until ${dueAt(first, facts)}`,
            found: [...new Set(overdue.map((each) => each.facts.name))].join(', '),
            hint: `The next change removes them, or: ${prune}`,
          },
        ];
  const lost = deleted.flatMap(({ facts: { name }, generations }) =>
    generations.flatMap(lunsOf).flatMap(({ disk, bytes }): Finding[] => {
      const size = sizes.get(disk)?.bytes;
      if (size === bytes) return [];
      return [
        {
          ...{ level: 'warning', about: 'disks', where: disk },
          what: `A LUN of ${name} that was deleted cannot be brought back as it was.`,
          expected: `a disk of ${bytes} bytes`,
          found: size === undefined ? 'nothing' : `${size} bytes`,
          hint: `Somebody changed it. Bring it back from a copy of your own, or: ${prune} ${name} --yes`,
        },
      ];
    }),
  );
  return [...late, ...lost];
}

/** Whether the target offers now what the state says: names, LUN, path, who may log in, and by which account. */

import { type HostState, lunsOf } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import { isArray, portalsOf } from '../site/portal.js';
import type { IscsiSession, ShownTarget, TargetAdapter } from '../target/adapter.js';
import { type SharedLun, sharedLuns, sharedWords } from '../target/shared-luns.js';
import { type Finding, repairHint } from './finding.js';
import { type NamedGeneration, namedGenerations } from './state.js';

export interface TargetView {
  readonly shown: readonly ShownTarget[];
  readonly sessions: readonly IscsiSession[];
  /** IQNs of targets that an earlier state on the host names: they go when they have no session any more. */
  readonly known: ReadonlySet<string>;
}

/** Pure. */
export function targetFindings(
  facts: HostFacts,
  state: HostState,
  { lun, byHand }: Pick<TargetAdapter, 'lun' | 'byHand'>,
  { shown, sessions, known }: TargetView,
): Finding[] {
  // What a storage array offers is not known.
  if (isArray(facts)) return [];
  const generations = namedGenerations(state);
  const inUse = new Set(sessions.map(({ target }) => target));
  const wanted = new Set(generations.map(({ target }) => target));
  const ours = shown.filter(
    ({ target }) => target.startsWith(`${facts.target.prefix}:`) && !wanted.has(target),
  );
  return [
    ...generations.flatMap((each) => {
      const found = shown.find(({ target }) => target === each.target);
      const client = state.clients[each.client]?.facts;
      return found === undefined || client === undefined
        ? [notOffered(facts, each, byHand)]
        : otherwise(facts, each, found, { lun, initiator: client.initiator, account: client.account });
    }),
    ...ours
      .filter(({ target }) => !(known.has(target) && inUse.has(target)))
      .map(({ target }) => leftover(target)),
    ...sharedLuns(sessions, portalsOf(facts).length)
      .filter(({ target }) => wanted.has(target))
      .map((each) => sharedBy(each)),
  ];
}

function notOffered(
  { name, target: { kind } }: HostFacts,
  { client, image, target }: NamedGeneration,
  byHand: string | undefined,
): Finding {
  return {
    ...{
      level: 'error',
      about: 'target',
      what: `The target does not offer the LUN of ${client}, image ${image}.`,
    },
    ...{ where: target, expected: `a target of that name in ${kind}`, found: 'no such target' },
    hint: byHand ?? repairHint(name),
  };
}

function otherwise(
  { name }: HostFacts,
  generation: NamedGeneration,
  found: ShownTarget,
  wanted: { readonly lun: number; readonly initiator: string; readonly account: string },
): Finding[] {
  const { client, image, target } = generation;
  const finding = (what: string, expected: string, there: readonly string[]): Finding => ({
    ...{ level: 'error', about: 'target', what, where: target, expected },
    found: there.join(', ') || 'nothing',
    hint: `Somebody changed it. ${repairHint(name)}`,
  });
  const luns = found.luns
    .toSorted((a, b) => a.number - b.number)
    .map((each) => `LUN ${each.number}: ${each.disk}`);
  const offers = lunsOf(generation).map(({ disk }, index) => `LUN ${wanted.lun + index}: ${disk}`);
  const { initiators, accounts } = found;
  return [
    ...(luns.join() === offers.join()
      ? []
      : [finding(`The target of ${client}, image ${image}, has another disk.`, offers.join(', '), luns)]),
    ...(initiators === undefined || initiators.join() === wanted.initiator
      ? []
      : [
          finding(
            `Others than ${client} may log in to its target, or ${client} may not.`,
            wanted.initiator,
            initiators,
          ),
        ]),
    ...(accounts === undefined || accounts.join() === wanted.account
      ? []
      : [finding(`The target of ${client} asks for another CHAP account.`, wanted.account, accounts)]),
  ];
}

function sharedBy(shared: SharedLun): Finding {
  return {
    ...{ level: 'warning', about: 'target', where: shared.target, ...sharedWords(shared) },
    ...{ expected: 'sessions of one machine', found: shared.addresses.join(', ') },
  };
}

function leftover(target: string): Finding {
  return {
    ...{
      level: 'warning',
      about: 'leftovers',
      what: 'A target has our prefix, and no client has it.',
      where: target,
    },
    ...{ expected: 'the targets of the state, and no others of this prefix', found: 'another target' },
    hint: 'If the next change of the host does not take it away, remove it by hand.',
  };
}

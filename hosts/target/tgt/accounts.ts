/**
 * CHAP accounts of tgtd: they belong to the daemon and are bound to targets, and no request changes a secret or shows it.
 *
 * tgtd 1.0.x keeps a target's accounts in numbered slots but looks only at as many as there are accounts: when the first of
 * two is taken away, it no longer finds the second, and its `show` ends the daemon. So accounts are always unbound last
 * first, and a target never has more than one of ours.
 */
import { Failure } from '../../../base/failure.js';
import type { OfferedLun } from '../adapter.js';
import { bindAccount, deleteAccount, newAccount, type TgtOrder, unbindAccount } from './requests.js';
import type { TgtTarget } from './show.js';

export interface AccountFacts {
  readonly targets: readonly TgtTarget[];
  /** Users that tgtd knows. */
  readonly known: readonly string[];
  /** What each account's secret is, as far as it was written down when it was made. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Whether a target is one of ours. */
  readonly ours: (target: TgtTarget) => boolean;
}

/**
 * Orders after which each client's account has the wanted secret. An account whose secret is not known to be that is made
 * anew, and bound again to where it was.
 * @throws Failure of kind `usage` when an account is not ours, or shall have two secrets
 */
export function accountOrders(offered: readonly OfferedLun[], facts: AccountFacts): TgtOrder[] {
  return [...wantedSecrets(offered)].flatMap(([user, secret]) => {
    if (!facts.known.includes(user)) return [newAccount({ user, secret })];
    const bound = facts.targets.filter(({ accounts }) => accounts.includes(user));
    const stranger = bound.find((target) => !facts.ours(target));
    if (stranger !== undefined) throw strangeAccount(user, stranger.name);
    if (bound.length > 0 && facts.secrets.get(user) === secret) return [];
    return [
      ...bound.flatMap(unbindAll),
      deleteAccount(user),
      newAccount({ user, secret }),
      ...bound.map(({ id }) => bindAccount(id, user)),
    ];
  });
}

export function unbindAll({ id, accounts }: TgtTarget): TgtOrder[] {
  return accounts.toReversed().map((user) => unbindAccount(id, user));
}

/** Accounts that were for these targets and are for no other. */
export function orphans(gone: readonly TgtTarget[], targets: readonly TgtTarget[]): string[] {
  const left = new Set(targets.filter((each) => !gone.includes(each)).flatMap(({ accounts }) => accounts));
  return [...new Set(gone.flatMap(({ accounts }) => accounts))].filter((user) => !left.has(user));
}

function wantedSecrets(offered: readonly OfferedLun[]): Map<string, string> {
  const secrets = new Map<string, string>();
  for (const { chap } of offered) {
    const other = secrets.get(chap.user);
    if (other !== undefined && other !== chap.secret) throw twoSecrets(chap.user);
    secrets.set(chap.user, chap.secret);
  }
  return secrets;
}

function twoSecrets(user: string): Failure {
  return new Failure('usage', {
    what: `The CHAP user ${user} has two secrets.`,
    expected: 'one secret for each user: tgtd keeps its accounts for all targets together',
    found: 'another secret for another target',
    hint: 'Give each client a CHAP user of its own.',
  });
}

function strangeAccount(user: string, target: string): Failure {
  return new Failure('usage', {
    what: `The CHAP user ${user} belongs to somebody else.`,
    expected: 'no account of that name but ours: tgtd keeps its accounts for all targets together',
    found: `an account of the target ${target}`,
    hint: 'Give the client another CHAP user.',
  });
}

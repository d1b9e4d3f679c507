/** What makes two locks of one recipe differ. */

import type { LockedIndex, LockedPackage } from '../package-set.js';
import type { Lock } from './lock-text.js';

export interface PackageChange {
  /** With its architecture when it is neither the recipe's nor `all`. */
  readonly name: string;
  /** The step that installs it, or did. */
  readonly step: string;
  readonly from?: string;
  readonly to?: string;
  /** Change of the package file's size in bytes. */
  readonly bytes: number;
  /** Why it is there, or is there no longer. */
  readonly reason: string;
}

export interface IndexChange {
  readonly archive: string;
  readonly suite: string;
  readonly from?: string;
  readonly to?: string;
}

export interface LockDiff {
  readonly packages: readonly PackageChange[];
  readonly indexes: readonly IndexChange[];
}

/** @param reasons why a package of the newer lock is there, by its name; absent: its step asks for it */
export function diffLocks(
  older: Lock,
  newer: Lock,
  reasons: Readonly<Record<string, string>> = {},
): LockDiff {
  const [before, after] = [packagesByName(older), packagesByName(newer)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return {
    packages: names.flatMap((name): PackageChange[] => {
      const [from, to] = [before.get(name), after.get(name)];
      const step = to?.step ?? from?.step ?? '';
      if (from?.each.sha256 === to?.each.sha256 && from?.step === to?.step) return [];
      const why = to === undefined ? undefined : reasons[to.each.name];
      return [
        {
          name,
          step,
          ...(from === undefined ? {} : { from: from.each.version }),
          ...(to === undefined ? {} : { to: to.each.version }),
          bytes: (to?.each.bytes ?? 0) - (from?.each.bytes ?? 0),
          reason: to === undefined ? `no longer needed by ${step}` : (why ?? `asked for by ${step}`),
        },
      ];
    }),
    indexes: indexChanges(older.indexes, newer.indexes),
  };
}

interface Installed {
  readonly step: string;
  readonly each: LockedPackage;
}

/** The last step that installs a package is the one that counts. */
function packagesByName(lock: Lock): Map<string, Installed> {
  const own = (architecture: string) => architecture === 'all' || architecture === lock.architecture;
  return new Map(
    lock.steps.flatMap(({ step, packages, tools = [] }) =>
      [...packages, ...tools].map((each): [string, Installed] => [
        own(each.architecture) ? each.name : `${each.name}:${each.architecture}`,
        { step, each },
      ]),
    ),
  );
}

function indexChanges(older: readonly LockedIndex[], newer: readonly LockedIndex[]): IndexChange[] {
  const key = ({ archive, suite }: LockedIndex) => `${archive} ${suite}`;
  const before = new Map(older.map((each) => [key(each), each]));
  const after = new Map(newer.map((each) => [key(each), each]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [from, to] = [before.get(name), after.get(name)];
    const one = to ?? from;
    if (one === undefined || from?.sha256 === to?.sha256) return [];
    const dates = {
      ...(from === undefined ? {} : { from: from.date }),
      ...(to === undefined ? {} : { to: to.date }),
    };
    return [{ archive: one.archive, suite: one.suite, ...dates }];
  });
}

/** Who needs whom among installed packages; pure, in the words of no package manager. */

export interface Needing {
  readonly name: string;
  /** Names that it provides besides its own. */
  readonly provides: readonly string[];
  /** What it depends on: of each group one is enough. */
  readonly depends: readonly (readonly string[])[];
}

export interface Needs {
  /** Names of the packages that depend on this one themselves, in byte order. */
  neededBy(name: string): readonly string[];
  /** These packages, and all that they need, at any depth. */
  closure(names: Iterable<string>): ReadonlySet<string>;
}

export function needsOf(packages: readonly Needing[]): Needs {
  const providers = new Map<string, string[]>();
  for (const { name, provides } of packages) {
    for (const provided of new Set([name, ...provides]))
      providers.set(provided, [...(providers.get(provided) ?? []), name]);
  }
  const needs = new Map<string, Set<string>>();
  const needed = new Map<string, Set<string>>();
  for (const { name, depends } of packages) {
    const others = depends.flatMap((group) => group.flatMap((each) => providers.get(each) ?? []));
    needs.set(name, new Set(others.filter((other) => other !== name)));
    for (const other of needs.get(name) ?? []) needed.set(other, (needed.get(other) ?? new Set()).add(name));
  }
  return {
    neededBy: (name) => [...(needed.get(name) ?? [])].sort(),
    closure: (names) => {
      const found = new Set(names);
      // A set that grows while it is gone through shows what was added too.
      for (const name of found) for (const other of needs.get(name) ?? []) found.add(other);
      return found;
    },
  };
}

/** What the repositories have, by name. */
import type { RepositoryPackage } from './databases.js';
import { targetOf } from './desc.js';

export interface Known {
  readonly packages: readonly RepositoryPackage[];
  /** That of the first repository that has it, as pacman chooses. */
  readonly byName: ReadonlyMap<string, RepositoryPackage>;
  /** Names of the members, by group. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Names that some package provides without having them. */
  readonly provided: ReadonlySet<string>;
}

export function knownPackages(packages: readonly RepositoryPackage[]): Known {
  const byName = new Map<string, RepositoryPackage>();
  const groups = new Map<string, string[]>();
  for (const each of packages) {
    if (byName.has(each.name)) continue;
    byName.set(each.name, each);
    for (const group of each.groups) groups.set(group, [...(groups.get(group) ?? []), each.name]);
  }
  const provided = packages.flatMap(({ description }) => description.get('PROVIDES') ?? []);
  return { packages, byName, groups, provided: new Set(provided.map(targetOf)) };
}

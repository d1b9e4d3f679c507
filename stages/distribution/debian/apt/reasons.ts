/** Why apt chose a package: the shortest way to it from what was asked for, over the dependencies of the packages. */
import type { LockedPackage } from '../../../../pipeline/stage.js';
import { fieldOf } from './stanza.js';

/** Names that a field of alternatives and versions mentions: `a (>= 1) | b, c:any` are a, b and c. */
export function namesIn(relation: string): string[] {
  return relation.split(/[,|]/).flatMap((part) => /^\s*([a-z0-9][a-z0-9+.-]+)/.exec(part)?.[1] ?? []);
}

export interface ChosenPackages {
  readonly packages: readonly Pick<LockedPackage, 'name'>[];
  readonly stanzas: readonly string[];
}

/**
 * By package name: `dependency of X`. A package that was asked for, or that nothing leads to, has none.
 * @param asked whether a package was asked for by itself
 * @param others stanzas of packages that were there before
 */
export function reasonsFor(
  chosen: ChosenPackages,
  asked: (name: string, stanza: string) => boolean,
  others: readonly string[] = [],
): Record<string, string> {
  const stanzas = new Map(chosen.packages.map(({ name }, index) => [name, chosen.stanzas[index] ?? '']));
  const providers = new Map<string, string[]>();
  for (const [name, stanza] of stanzas) {
    for (const offered of [name, ...namesIn(fieldOf(stanza, 'Provides') ?? '')]) {
      providers.set(offered, [...(providers.get(offered) ?? []), name]);
    }
  }
  const reasons: Record<string, string> = {};
  const seen = new Set<string>();
  const visit = (from: readonly (readonly [name: string, stanza: string])[]) => {
    let now = from;
    while (now.length > 0) {
      const next: (readonly [string, string])[] = [];
      for (const [name, stanza] of now) {
        for (const dependency of dependenciesOf(stanza).flatMap((each) => providers.get(each) ?? [])) {
          if (seen.has(dependency)) continue;
          seen.add(dependency);
          reasons[dependency] = `dependency of ${name}`;
          next.push([dependency, stanzas.get(dependency) ?? '']);
        }
      }
      now = next;
    }
  };
  const roots = [...stanzas].filter(([name, stanza]) => asked(name, stanza));
  for (const [name] of roots) seen.add(name);
  visit(roots);
  visit(others.map((stanza) => [fieldOf(stanza, 'Package') ?? '', stanza]));
  return reasons;
}

function dependenciesOf(stanza: string): string[] {
  return ['Pre-Depends', 'Depends', 'Recommends'].flatMap((field) => namesIn(fieldOf(stanza, field) ?? ''));
}

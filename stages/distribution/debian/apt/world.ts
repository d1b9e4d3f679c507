/** What the resolution of a later step needs to know of those before: where packages come from, and which are there. */
import { Failure } from '../../../../base/failure.js';
import type { LockedIndex, LockedPackage, Preference, Resolution } from '../../../../pipeline/stage.js';
import { packageKey } from '../../expected.js';
import type { PackageLists } from './lists.js';
import type { NamedSource } from './sources.js';
import { fieldOf, withFields } from './stanza.js';

export interface AptWorld {
  readonly kind: 'apt';
  readonly sources: readonly NamedSource[];
  readonly lists: PackageLists;
  /** apt_preferences(5) of the recipe. */
  readonly pins?: string;
  /** Packages of an earlier lock that are to be chosen again. */
  readonly prefer: readonly LockedPackage[];
  /** Stanzas of the packages that are installed, by name and architecture. */
  readonly installed: Readonly<Record<string, string>>;
}

/** @throws Failure of kind `recipe` when no step before brought a base system */
export function worldBefore(before: readonly Resolution[]): AptWorld {
  const carry = before.at(-1)?.carry;
  if (isWorld(carry)) return carry;
  throw new Failure('recipe', {
    what: 'No step before this one says which archive packages come from.',
    hint: 'Begin the recipe with a `debootstrap` step.',
  });
}

function isWorld(carry: unknown): carry is AptWorld {
  return typeof carry === 'object' && carry !== null && (carry as Partial<AptWorld>).kind === 'apt';
}

/** Those packages of an earlier lock that are worth choosing again: versions of another release are not. */
export function preferred(
  prefer: Preference | undefined,
  indexes: readonly LockedIndex[],
  which: 'packages' | 'tools' = 'packages',
): readonly LockedPackage[] {
  const suites = (of: readonly LockedIndex[]) =>
    of
      .map(({ archive, suite }) => `${archive} ${suite}`)
      .sort()
      .join();
  return prefer !== undefined && suites(prefer.indexes) === suites(indexes) ? (prefer[which] ?? []) : [];
}

export function namesOf({ installed }: AptWorld): string[] {
  return Object.keys(installed).map((key) => key.split(' ')[0] ?? '');
}

/** The world after packages came and went. */
export function worldAfter(
  world: AptWorld,
  change: {
    readonly packages: readonly LockedPackage[];
    readonly stanzas: readonly string[];
    readonly removed: readonly string[];
  },
): AptWorld {
  const installed = new Map(Object.entries(world.installed));
  const drop = (gone: (name: string, architecture: string) => boolean) => {
    for (const key of [...installed.keys()]) {
      const [name = '', architecture = ''] = key.split(' ');
      if (gone(name, architecture)) installed.delete(key);
    }
  };
  drop((name) => change.removed.includes(name));
  change.packages.forEach((each, index) => {
    // A package that becomes `all`, or ceases to be, replaces the one with the other key.
    const alike = (architecture: string) => architecture === 'all' || each.architecture === 'all';
    drop((name, architecture) => name === each.name && alike(architecture));
    installed.set(packageKey(each), change.stanzas[index] ?? '');
  });
  return { ...world, installed: Object.fromEntries(installed) };
}

/** The text of a dpkg status file with these packages. */
export function statusText({ installed }: Pick<AptWorld, 'installed'>): string {
  return Object.keys(installed)
    .sort()
    .map((key) => `${withFields(installed[key] ?? '', { Status: 'install ok installed' })}\n\n`)
    .join('');
}

/** A package that is only pretended to be there. */
export function pretend(name: string): readonly [key: string, stanza: string] {
  const stanza = [
    `Package: ${name}`,
    'Version: 1',
    'Architecture: all',
    'Multi-Arch: foreign',
    'Maintainer: nobody',
    'Description: stands in until the archive’s own is chosen',
  ].join('\n');
  return [packageKey({ name, architecture: 'all' }), stanza];
}

/** Whether a stanza is that of this very package. */
export function describes(
  stanza: string,
  wanted: Pick<LockedPackage, 'name' | 'version' | 'architecture'>,
): boolean {
  return (
    fieldOf(stanza, 'Package') === wanted.name &&
    fieldOf(stanza, 'Version') === wanted.version &&
    fieldOf(stanza, 'Architecture') === wanted.architecture
  );
}

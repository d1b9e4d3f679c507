/** Whether the packages of a root tree are exactly those that were locked. */
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { LockedPackage } from '../../pipeline/stage.js';
import type { InstalledPackage } from './topics.js';

export interface Expectation {
  readonly before: readonly InstalledPackage[];
  readonly locked: readonly Pick<LockedPackage, 'name' | 'version' | 'architecture'>[];
  /** Whether packages of before may be gone. */
  readonly removals: boolean;
}

/** Pure: locked packages that are not there, in any version. */
export function missing(
  locked: Expectation['locked'],
  installed: readonly InstalledPackage[],
): Expectation['locked'][number][] {
  const there = new Set(installed.map(packageKey));
  return locked.filter((each) => !there.has(packageKey(each)));
}

/** Pure: each difference as a phrase, in the order of names. */
export function differences(expectation: Expectation, installed: readonly InstalledPackage[]): string[] {
  const { before, locked, removals } = expectation;
  const names = new Set(locked.map(({ name }) => name));
  const expected = new Map(
    [
      ...before.filter(({ name, architecture }) => !names.has(name) || !replaced(locked, name, architecture)),
      ...locked,
    ].map((each) => [packageKey(each), each]),
  );
  const found = new Map(installed.map((each) => [packageKey(each), each]));
  return [...new Set([...expected.keys(), ...found.keys()])].sort().flatMap((key) => {
    const [want, have] = [expected.get(key), found.get(key)];
    if (want?.version === have?.version) return [];
    const { name, architecture } = want ?? have ?? { name: '', architecture: '' };
    const shown = `${name} (${architecture})`;
    if (want === undefined) return [`${shown} ${have?.version} is installed, but not locked`];
    if (have !== undefined)
      return [`${shown} is installed in version ${have.version} instead of ${want.version}`];
    const gone = removals && !locked.some((each) => packageKey(each) === key);
    return gone ? [] : [`${shown} ${want.version} is not installed`];
  });
}

/** Whether a locked package stands in the place of one that was there. */
function replaced(locked: Expectation['locked'], name: string, architecture: string): boolean {
  return locked.some(
    (each) =>
      each.name === name &&
      (each.architecture === architecture || each.architecture === 'all' || architecture === 'all'),
  );
}

/** @throws Failure of kind `integrity` that names each difference */
export function assertInstalled(expectation: Expectation, installed: readonly InstalledPackage[]): void {
  const [first, ...rest] = differences(expectation, installed);
  if (first === undefined) return;
  const tell = (found: string): Diagnostic => ({
    what: 'The packages of the root tree are not those that were resolved.',
    found,
    hint: 'If a step before installs packages by itself, as a script may, name them in a `packages` step instead. Else run `npx lunsmith lock RECIPE --update`.',
  });
  throw new Failure('integrity', tell([first, ...rest].slice(0, 10).join('; ')));
}

/** Packages that install beside each other have different keys. */
export function packageKey({ name, architecture }: Pick<LockedPackage, 'name' | 'architecture'>): string {
  return `${name} ${architecture}`;
}

/** Why a request cannot be fulfilled, in the recipe's terms. */
import { type Diagnostic, Failure } from '../../../../base/failure.js';
import { suggest } from '../../../../base/suggest.js';
import type { PackageRequest } from '../../topics.js';
import type { RepositoryPackage } from './databases.js';
import { targetOf } from './desc.js';
import type { Known } from './known.js';

/** What a step asks for. */
export interface Asked extends Pick<PackageRequest, 'install' | 'remove'> {
  /** Under which option of the step what is to be installed stands. */
  readonly option: 'install' | 'include';
}

/** @throws Failure of kind `recipe` that tells all that no repository has, and what was asked of a group */
export function requireKnown(
  { install, remove, option }: Asked,
  known: Known,
  installed: readonly string[],
): void {
  const at = (path: string, index: number) => (problem: Diagnostic) => ({ ...problem, path: [path, index] });
  const [first, ...rest] = [
    ...install.flatMap((request, index) => unfulfilled(request, known).map(at(option, index))),
    ...remove.flatMap((name, index) => unremovable(name, known, installed).map(at('remove', index))),
  ];
  if (first !== undefined) throw new Failure('recipe', [first, ...rest]);
}

function unfulfilled(request: string, known: Known): Diagnostic[] {
  const [name = '', version] = request.split('=');
  const found = known.byName.get(name);
  if (found !== undefined) {
    if (version === undefined || sameVersion(found.version, version)) return [];
    return [
      {
        what: `The repositories do not have ${name} ${version}.`,
        found: `${name} ${found.version}`,
        hint: 'A mirror has one version of each package. An archive of a day has that day’s: see `snapshot` of the `pacstrap` step.',
      },
    ];
  }
  if (known.groups.has(name)) {
    if (version === undefined) return [];
    return [
      { what: `${name} is a group of packages, which has no version.`, hint: `Ask for \`${name}\` alone.` },
    ];
  }
  return known.provided.has(name) ? [] : [unknown(name, known)];
}

function sameVersion(whole: string, wanted: string): boolean {
  return whole === wanted || whole.replace(/-[^-]+$/, '') === wanted;
}

function unremovable(name: string, known: Known, installed: readonly string[]): Diagnostic[] {
  if (installed.includes(name)) return [];
  const members = known.groups.get(name);
  if (members !== undefined) {
    const there = members.filter((each) => installed.includes(each));
    return [
      {
        what: `${name} is a group, not a package.`,
        hint:
          there.length === 0
            ? 'None of it is installed.'
            : `Remove of it what has to go: ${there.join(', ')}.`,
      },
    ];
  }
  if (known.byName.has(name)) return [{ what: `${name} is not installed, and cannot be removed.` }];
  return [unknown(name, known)];
}

function unknown(name: string, known: Known): Diagnostic {
  const near = suggest(name, [...known.byName.keys(), ...known.groups.keys()]);
  return {
    what: `No repository has a package ${name}.`,
    hint:
      near === undefined
        ? 'It may be in another repository: see `repositories` of the `pacstrap` step. Nothing is built from the AUR.'
        : `Did you mean ${near}?`,
  };
}

/** @throws Failure of kind `recipe` for what must not be held: a group is no package */
export function requirePackages(names: readonly string[], installed: readonly string[]): void {
  const absent = names.filter((name) => !installed.includes(name));
  const [first, ...rest] = absent.map(
    (name): Diagnostic => ({
      what: `${name} is not installed, and cannot be held.`,
      expected: 'the name of an installed package; a group is none',
      ...(suggest(name, installed) === undefined
        ? {}
        : { hint: `Did you mean ${suggest(name, installed)}?` }),
    }),
  );
  if (first !== undefined) throw new Failure('recipe', [first, ...rest]);
}

/**
 * pacman looks for conflicts when it installs, and not when it is only asked. Those of versions are left to it.
 * @throws Failure of kind `recipe` that names packages that exclude each other
 */
export function requireHarmony(
  chosen: readonly RepositoryPackage[],
  installed: readonly RepositoryPackage[],
): void {
  const all = [...chosen, ...installed];
  const names = ({ name, description }: RepositoryPackage) => [
    name,
    ...(description.get('PROVIDES') ?? []).map(targetOf),
  ];
  const conflicts = all.flatMap((one) =>
    (one.description.get('CONFLICTS') ?? []).flatMap((relation) =>
      all
        .filter((other) => other.name !== one.name && names(other).includes(relation))
        .map((other) => `${one.name} and ${other.name}`),
    ),
  );
  if (conflicts.length === 0) return;
  throw new Failure('recipe', {
    what: 'These packages exclude each other.',
    found: conflicts.join('; '),
    hint: 'Leave one of them out, or put the one that is there into `remove`.',
  });
}

/** `removing nano breaks dependency 'nano' required by editors`, in the recipe's terms. */
function neededBy(line: string, { remove }: Asked): Diagnostic | undefined {
  const [, name = '', user = ''] = /removing (\S+) breaks dependency '.*' required by (\S+)/.exec(line) ?? [];
  if (name === '') return undefined;
  const index = remove.indexOf(name);
  return {
    what: `${name} cannot be removed: ${user} needs it.`,
    hint: `Keep it, or remove ${user} too.`,
    ...(index < 0 ? {} : { path: ['remove', index] }),
  };
}

/**
 * What pacman says of a request that it knows all packages of.
 * @param said all its lines
 * @throws Failure of kind `recipe`, or what came
 */
export function explainRequest(cause: unknown, said: readonly string[], known: Known, asked: Asked): never {
  if (!(cause instanceof Failure) || cause.kind !== 'tool') throw cause;
  const lines = said.map((line) => line.trim().replace(/^(error|:):? /, ''));
  const details = { cause, ...(cause.command === undefined ? {} : { command: cause.command }) };
  const [missing] = lines.flatMap((line) => /^target not found: (\S+)/.exec(line)?.[1] ?? []);
  if (missing !== undefined) {
    const index = asked.install.findIndex((each) => targetOf(each) === targetOf(missing));
    const path = index < 0 ? {} : { path: [asked.option, index] };
    throw new Failure('recipe', { ...unknown(targetOf(missing), known), ...path }, details);
  }
  const needed = lines.flatMap((line) => neededBy(line, asked) ?? []);
  const [first, ...rest] = needed;
  if (first !== undefined) throw new Failure('recipe', [first, ...rest], details);
  const broken = lines.filter((line) => /breaks dependency|unable to satisfy dependency/.test(line));
  if (broken.length === 0) throw cause;
  throw new Failure(
    'recipe',
    {
      what: 'The packages do not fit together.',
      found: broken.join('; '),
      hint: 'The mirror may have got a part of an update only: wait some minutes, or use another one.',
    },
    details,
  );
}

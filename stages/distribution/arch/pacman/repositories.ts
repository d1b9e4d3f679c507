/** Names of repositories: sections of pacman.conf(5), and of paths on mirrors. */
import type { Diagnostic } from '../../../../base/failure.js';

/** Those of Arch Linux itself; others have any name. */
const ARCH_REPOSITORIES: readonly string[] = [
  ...['core', 'extra', 'multilib', 'core-testing', 'extra-testing', 'multilib-testing'],
  ...['core-staging', 'extra-staging', 'multilib-staging', 'gnome-unstable', 'kde-unstable'],
];

/** Sections and databases that pacman has for something else. */
const TAKEN: Readonly<Record<string, string>> = {
  options: 'the section of pacman’s own options',
  local: 'the database of what is installed',
};

/** What is wrong with each name that something is wrong with. */
export function repositoryProblems(
  names: readonly string[],
): { readonly index: number; readonly problem: Omit<Diagnostic, 'place'> }[] {
  return names.flatMap((name, index) => {
    const problem = problemOf(name, names.indexOf(name) < index);
    return problem === undefined ? [] : [{ index, problem }];
  });
}

function problemOf(name: string, again: boolean): Omit<Diagnostic, 'place'> | undefined {
  const taken = TAKEN[name];
  if (taken !== undefined) {
    return {
      what: `\`${name}\` is no repository: pacman calls ${taken} so.`,
      expected: `repositories of the mirror, such as ${ARCH_REPOSITORIES.slice(0, 3).join(', ')}`,
    };
  }
  if (again) return { what: `\`${name}\` is there twice.`, hint: 'Name each repository once.' };
  const small = name.toLowerCase();
  if (small === name || !ARCH_REPOSITORIES.includes(small)) return undefined;
  return { what: `Arch Linux has no repository \`${name}\`.`, hint: `Did you mean \`${small}\`?` };
}

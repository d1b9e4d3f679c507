/** What a failed installation from the pool meant. */
import { Failure } from '../../../../base/failure.js';
import { repositoryFailure } from './repository-failure.js';

interface Meaning {
  readonly pattern: RegExp;
  readonly kind: 'integrity' | 'recipe';
  readonly what: string;
  readonly hint: string;
}

/** By what pacman says; the first that fits. */
const MEANINGS: readonly Meaning[] = [
  {
    pattern: /unable to satisfy dependency|breaks dependency/,
    kind: 'integrity',
    what: 'The packages of this step do not fit those that are installed: Arch Linux knows no partial upgrades.',
    hint: 'Run `npx lunsmith lock RECIPE --update`, so that all packages are of one day.',
  },
  {
    pattern: / are in conflict/,
    kind: 'recipe',
    what: 'These packages exclude each other.',
    hint: 'Leave one of them out, or put the one that is there into `remove`.',
  },
  {
    pattern: /exists in filesystem|exists in both/,
    kind: 'recipe',
    what: 'A file of a package is there already.',
    hint: 'Let the step that writes it come after this one.',
  },
];

export function installFailure(cause: unknown): Failure {
  const error = Failure.from(cause);
  if (error.kind !== 'tool') return error;
  const lines = (error.command?.lastLines ?? []).map((line) => line.trim().replace(/^(error|::):? */, ''));
  for (const { pattern, kind, what, hint } of MEANINGS) {
    const found = lines.filter((line) => pattern.test(line));
    if (found.length === 0) continue;
    const command = error.command === undefined ? {} : { command: error.command };
    return new Failure(kind, { what, found: found.join('; '), hint }, { cause: error, ...command });
  }
  return repositoryFailure(error, { doing: 'install packages', repositories: [] });
}

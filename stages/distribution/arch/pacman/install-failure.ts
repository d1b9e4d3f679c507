/** What a failed installation from the pool meant. */
import { Failure } from '../../../../base/failure.js';
import { repositoryFailure } from './repository-failure.js';

export function installFailure(cause: unknown): Failure {
  const error = Failure.from(cause);
  if (error.kind !== 'tool') return error;
  const lines = (error.command?.lastLines ?? []).map((line) => line.trim());
  const details = { cause: error, ...(error.command === undefined ? {} : { command: error.command }) };
  const missing = lines.filter((line) => /unable to satisfy dependency|breaks dependency/.test(line));
  if (missing.length > 0) {
    return new Failure(
      'integrity',
      {
        what: 'The packages of this step do not fit those that are installed: Arch Linux knows no partial upgrades.',
        found: missing.map((line) => line.replace(/^(error|::):? */, '')).join('; '),
        hint: 'Run `npx lunsmith lock RECIPE --update`, so that all packages are of one day.',
      },
      details,
    );
  }
  const exclusive = lines.filter((line) => line.includes(' are in conflict'));
  if (exclusive.length > 0) {
    return new Failure(
      'recipe',
      {
        what: 'These packages exclude each other.',
        found: exclusive.map((line) => line.replace(/^(error|::):? */, '')).join('; '),
        hint: 'Leave one of them out, or put the one that is there into `remove`.',
      },
      details,
    );
  }
  const conflicts = lines.filter((line) => /exists in filesystem|exists in both/.test(line));
  if (conflicts.length > 0) {
    return new Failure(
      'recipe',
      {
        what: 'A file of a package is there already.',
        found: conflicts.join('; '),
        hint: 'Let the step that writes it come after this one.',
      },
      details,
    );
  }
  return repositoryFailure(error, { doing: 'install packages', repositories: [] });
}

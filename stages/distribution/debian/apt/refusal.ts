/** Why apt does not fulfil a request, in the recipe's terms. */
import { type Diagnostic, Failure } from '../../../../base/failure.js';
import { nearest } from './nearest.js';
import { unknownPackages } from './unknown-packages.js';

/**
 * The failure of kind `recipe` for unknown packages, unwanted removals and conflicts; anything else is returned as it came.
 * @param lines all that apt said
 * @param names all names that apt knows
 */
export async function explainRequest(
  error: unknown,
  lines: readonly string[],
  names: () => Promise<readonly string[]>,
): Promise<unknown> {
  if (!(error instanceof Failure) || error.kind !== 'tool') return error;
  const details = { cause: error, ...(error.command === undefined ? {} : { command: error.command }) };
  const [first, ...rest] = unknownPackages(lines);
  if (first !== undefined) {
    const known = await names();
    return new Failure(
      'recipe',
      [unknown(first, known), ...rest.map((name) => unknown(name, known))],
      details,
    );
  }
  if (lines.some((line) => line.startsWith('E: Packages need to be removed but remove is disabled'))) {
    return new Failure(
      'recipe',
      {
        what: 'Installing these packages would remove others.',
        found: removals(lines).join(', '),
        hint: 'Put them into `remove`, or install something else.',
      },
      details,
    );
  }
  if (lines.some((line) => line.startsWith('E: Unable to correct problems'))) {
    return new Failure(
      'recipe',
      {
        what: 'These packages cannot be installed together.',
        found: unmet(lines).join('; '),
        hint: 'Leave one of them out, or ask for another version.',
      },
      details,
    );
  }
  return error;
}

/** The lines under `The following packages have unmet dependencies:`. */
export function unmet(lines: readonly string[]): string[] {
  return linesUnder('The following packages have unmet dependencies', lines);
}

/** Names under `The following packages will be REMOVED:`. */
function removals(lines: readonly string[]): string[] {
  return linesUnder('The following packages will be REMOVED', lines).flatMap((line) => line.split(' '));
}

/** The indented lines after a heading. */
function linesUnder(heading: string, lines: readonly string[]): string[] {
  const from = lines.findIndex((line) => line.startsWith(heading));
  if (from < 0) return [];
  const rest = lines.slice(from + 1);
  const end = rest.findIndex((line) => !line.startsWith(' '));
  return rest.slice(0, end < 0 ? rest.length : end).map((line) => line.trim().replace(/\s+/g, ' '));
}

function unknown(name: string, known: readonly string[]): Diagnostic {
  const near = nearest(name.replace(/[:=/].*$/, ''), known);
  return {
    what: `The archive has no package ${name}.`,
    hint:
      near.length > 0
        ? `Did you mean ${near.join(', ')}?`
        : 'It may be in another component, or in another archive: see `components` and `repositories` of the `debootstrap` step. Nothing is resolved from apt sources that a later step adds.',
  };
}

/** The failure of a build that did not give the same bytes twice. */
import { type Diagnostic, Failure } from '../../../base/failure.js';
import type { Release } from '../release.js';
import { culprit } from './culprit.js';
import type { Difference } from './difference.js';

/** Differences that are shown, at most: of each file the first ones, which are those to look at. */
const SHOWN = 20;
const SHOWN_OF_A_FILE = 8;

/**
 * @param first of the two builds
 * @param differences as `compareReleases` gives them
 */
export function notTheSame(
  first: Release,
  differences: readonly [Difference, ...(readonly Difference[])],
): Failure {
  const shown = choose(differences);
  const count = differences.length === 1 ? '1 difference' : `${differences.length} differences`;
  const head: Diagnostic = {
    what: `Two builds of ${first.manifest.recipe.name} are not the same.`,
    expected: `the bytes of the first: sha256 ${first.digest}`,
    found:
      shown.length < differences.length ? `${count}, of which ${shown.length} are below` : `${count}, below`,
    hint: 'Correct the steps that are named below, then build with --twice again.',
  };
  return new Failure('integrity', [head, ...shown.map(asDiagnostic)]);
}

function choose(differences: readonly Difference[]): Difference[] {
  const seen = new Map<string, number>();
  const first = differences.filter(({ file }) => {
    const count = (seen.get(file) ?? 0) + 1;
    seen.set(file, count);
    return count <= SHOWN_OF_A_FILE;
  });
  return first.slice(0, SHOWN);
}

function asDiagnostic(difference: Difference): Diagnostic {
  const { expected, found } = difference;
  return { what: describeDifference(difference), expected, found, hint: culprit(difference) };
}

/** Where it is, as one sentence. */
export function describeDifference({ file, offset, partition, part, line, blocks }: Difference): string {
  const places = [
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(partition === undefined ? [] : [`partition ${partition.number} (${partition.name})`]),
    ...(offset === undefined ? [] : [`byte ${offset}`]),
    ...(blocks === undefined || blocks === 1 ? [] : [`${blocks} blocks`]),
  ];
  const what = part === undefined || part === '' ? file : `${file}: ${part}`;
  return `${what} differs${places.length === 0 ? '' : ` (${places.join(', ')})`}.`;
}

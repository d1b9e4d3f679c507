/** "Did you mean": the nearest right word to a wrong one. */

/**
 * Damerau–Levenshtein distance in its optimal-string-alignment form: the least number of characters inserted, deleted,
 * replaced, or swapped with their neighbour, that turn one word into the other.
 */
export function editDistance(from: string, to: string): number {
  const a = [...from];
  const b = [...to];
  let beforeLast: number[] = [];
  let last = b.map((_, column) => column + 1);
  last.unshift(0);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, at(beforeLast, column - 2) + 1);
      }
      current.push(least);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

/**
 * The candidate nearest to `word`, or undefined when none is near enough to be a slip: at most one error for every
 * three characters, letter case and the difference between `-` and `_` aside. The first of equals wins.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(word);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const other = plain(candidate);
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3));
    if (Math.abs(wanted.length - other.length) > allowed) continue;
    const distance = editDistance(wanted, other);
    if (distance <= allowed && distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** The hint of a diagnostic, or nothing to spread when no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): { readonly hint?: string } {
  const nearest = suggest(word, candidates);
  return nearest === undefined ? {} : { hint: `Did you mean \`${nearest}\`?` };
}

/** The hint for a path that was written as on Windows, or nothing to spread. */
export function slashesMeant(path: string): { readonly hint?: string } {
  if (!/^[^\s'"`]*\\[^\s'"`]*$/.test(path)) return {};
  return { hint: `Paths have slashes here: \`${path.replace(/\\+/g, '/')}\`.` };
}

/** `one of a, b, c`, or the only word itself. */
export function oneOf(words: readonly string[]): string {
  return words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll('_', '-');
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0;
}

/** Two sorted lists of ranges laid over each other. */

/** From `start` up to and without `end`, in whatever unit the list counts. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A piece that lies in one range at most of either list. */
export interface Overlap<A, B> extends Span {
  readonly a?: A;
  readonly b?: B;
}

/**
 * Cuts two lists into the pieces at which neither begins nor ends; what neither covers is left out.
 * @param a sorted, without overlaps
 * @param b likewise
 */
export function* overlay<A extends Span, B extends Span>(
  a: readonly A[],
  b: readonly B[],
): Generator<Overlap<A, B>> {
  let [i, j, at] = [0, 0, 0];
  for (;;) {
    while (i < a.length && (a[i] as A).end <= at) i += 1;
    while (j < b.length && (b[j] as B).end <= at) j += 1;
    const [left, right] = [a[i], b[j]];
    if (left === undefined && right === undefined) return;
    const inLeft = left !== undefined && left.start <= at;
    const inRight = right !== undefined && right.start <= at;
    const end = Math.min(nextEdge(left, inLeft), nextEdge(right, inRight));
    if (inLeft || inRight) {
      yield { start: at, end, ...(inLeft ? { a: left } : {}), ...(inRight ? { b: right } : {}) };
    }
    at = end;
  }
}

function nextEdge(span: Span | undefined, inside: boolean): number {
  if (span === undefined) return Number.POSITIVE_INFINITY;
  return inside ? span.end : span.start;
}

/** What lies in a range of either list; for each of `one` the pieces of it. */
export function inBoth(one: readonly Span[], other: readonly Span[]): Span[] {
  return one.flatMap((a) =>
    other
      .map((b) => ({ start: Math.max(a.start, b.start), end: Math.min(a.end, b.end) }))
      .filter(({ start, end }) => start < end),
  );
}

/** Where a sorted list without overlaps covers `at`. */
export function spanAt<A extends Span>(list: readonly A[], at: number): A | undefined {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as A).end <= at) low = middle + 1;
    else high = middle;
  }
  const found = list[low];
  return found !== undefined && found.start <= at ? found : undefined;
}

/**
 * Covering arrays: a few rows of a matrix in which still every pair of values stands that the whole matrix has, so that
 * what goes wrong by the meeting of two of them is found. Greedy, as in AETG (Cohen et al., The AETG System, 1997).
 */
import { createHash } from 'node:crypto';

/** One value of each factor. */
export type Row<F extends Factors> = { readonly [K in keyof F]: F[K][number] };
type Factors = Readonly<Record<string, readonly string[]>>;

/** Every combination of one value of each factor. */
export function allRows<const F extends Factors>(factors: F): Row<F>[] {
  const rows = Object.entries(factors).reduce<Record<string, string>[]>(
    (sofar, [name, values]) => sofar.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
  return rows as Row<F>[];
}

export interface Choice<T> {
  /** Rows that are chosen in any case. */
  readonly core: readonly T[];
  /** The pairs that a row shows, as texts. */
  readonly pairs: (row: T) => readonly string[];
  /** Other seeds choose other rows among those that do equally well. */
  readonly seed: string;
}

/** The core, then rows until every pair that some row shows is shown. */
export function coveringArray<T>(rows: readonly T[], { core, pairs, seed }: Choice<T>): T[] {
  const chosen = [...core];
  const shown = new Set(core.flatMap(pairs));
  let rest = without(shuffled(rows, seed), core).map((row) => ({ row, missing: pairs(row) }));
  for (;;) {
    // What a row would show that none has shown yet.
    rest = rest
      .map(({ row, missing }) => ({ row, missing: missing.filter((pair) => !shown.has(pair)) }))
      .filter(({ missing }) => missing.length > 0);
    const [first, ...others] = rest;
    if (first === undefined) break;
    const best = others.reduce(
      (most, each) => (each.missing.length > most.missing.length ? each : most),
      first,
    );
    for (const pair of best.missing) shown.add(pair);
    chosen.push(best.row);
  }
  return chosen;
}

/** Rows that are not among those. */
export function without<T>(rows: readonly T[], those: readonly T[]): T[] {
  const names = new Set(those.map(nameOf));
  return rows.filter((row) => !names.has(nameOf(row)));
}

/** The same order for the same seed on every machine. */
export function shuffled<T>(rows: readonly T[], seed: string): T[] {
  const digest = (row: T) =>
    createHash('sha256')
      .update(`${seed} ${nameOf(row)}`)
      .digest('hex');
  return rows
    .map((row) => ({ row, at: digest(row) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ row }) => row);
}

function nameOf(row: unknown): string {
  return JSON.stringify(row);
}

/** What goes from a store that is larger than its budget: least recently used first. Pure. */
import type { StepRecord } from '../store.js';
import { distinct, type SharedFile, type SurveyedEntry } from '../survey.js';

/** Something that can be removed by itself. */
export interface Candidate {
  readonly id: string;
  /** What removing it alone frees. */
  readonly bytes: number;
  /** What is freed when the last candidate that has it is removed. */
  readonly shared: readonly SharedFile[];
  /** Milliseconds since 1970. */
  readonly usedAt: number;
  /** Of two that were used last at the same time, the one with the higher rank goes first. */
  readonly rank: number;
  /** Pinned or in use: it stays whatever the budget. */
  readonly needed: boolean;
}

/** Something that goes. */
export interface Removal<Kind extends Candidate> {
  readonly candidate: Kind;
  /** Bytes, after those before it have gone. */
  readonly frees: number;
}

export interface Choice<Kind extends Candidate> {
  /** What goes, in this order. */
  readonly remove: readonly Removal<Kind>[];
  readonly before: number;
  readonly after: number;
}

/**
 * Least recently used first, until what is left fits the budget.
 * @param held ids of shared files that something else than the candidates has too
 */
export function chooseGarbage<Kind extends Candidate>(
  candidates: readonly Kind[],
  budget: number,
  held: ReadonlySet<string> = new Set(),
): Choice<Kind> {
  const files = candidates.flatMap(({ shared }) => shared);
  const before = sumOf(candidates) + sumOf(distinct(files));
  const holders = new Map<string, number>([...held].map((id) => [id, 1]));
  for (const { id } of files) holders.set(id, (holders.get(id) ?? 0) + 1);
  const order = candidates
    .filter(({ needed }) => !needed)
    .sort((a, b) => a.usedAt - b.usedAt || b.rank - a.rank || (a.id < b.id ? -1 : 1));
  const remove: Removal<Kind>[] = [];
  let after = before;
  for (const candidate of order) {
    if (after <= budget) break;
    for (const { id } of candidate.shared) holders.set(id, (holders.get(id) ?? 0) - 1);
    const last = candidate.shared.filter(({ id }) => holders.get(id) === 0);
    const frees = candidate.bytes + sumOf(last);
    remove.push({ candidate, frees });
    after -= frees;
  }
  return { remove, before, after };
}

function sumOf(things: readonly { readonly bytes: number }[]): number {
  return things.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * The last use of every entry. A layer is of use for as long as one that stands on it is, though a build touches it a
 * moment earlier; and of those that were used together what stands highest goes first, since only that can be made again
 * alone.
 */
export function lastUses(
  entries: readonly SurveyedEntry[],
): ReadonlyMap<string, Pick<Candidate, 'usedAt' | 'rank'>> {
  const byKey = new Map(entries.map((entry) => [entry.record.key, entry]));
  const ranks = new Map<string, number>();
  const rankOf = ({ key, inputs }: StepRecord): number => {
    const known = ranks.get(key);
    if (known !== undefined) return known;
    const below = inputs.below === undefined ? undefined : byKey.get(inputs.below);
    const rank = below === undefined ? 0 : rankOf(below.record) + 1;
    ranks.set(key, rank);
    return rank;
  };
  const uses = new Map<string, { usedAt: number; rank: number }>(
    entries.map(({ record, usedAt }) => [record.key, { usedAt, rank: rankOf(record) }]),
  );
  // From the top down, so that each has heard of all above it before it tells the one below.
  for (const { record } of [...entries].sort((a, b) => rankOf(b.record) - rankOf(a.record))) {
    const own = uses.get(record.key);
    const below = uses.get(record.inputs.below ?? '');
    if (own !== undefined && below !== undefined) below.usedAt = Math.max(below.usedAt, own.usedAt);
  }
  return uses;
}

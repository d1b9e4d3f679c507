/** Small tools of the measurements: medians, ratios, a table, and JSON to keep. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One measure beside its reference; all times in seconds of wall clock, one entry a round. */
export interface Comparison {
  readonly measure: string;
  readonly reference: string;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** Ours should be at most this many times the reference; absent where there is no aim. */
  readonly aim?: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}

/** Median of the rounds' ratios: each round's pair saw the same state of the machine. */
function ratio({ ours, theirs }: Comparison): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

export function table(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((each) => [
    each.measure,
    `${median(each.ours).toFixed(2)} s`,
    each.reference,
    `${median(each.theirs).toFixed(2)} s`,
    ratio(each).toFixed(2),
    each.aim === undefined ? '' : `≤ ${each.aim}`,
  ]);
  const all = [['measure', 'median', 'reference', 'median', 'ratio', 'aim'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Keeps the raw numbers under bench/results/. */
export async function keep(name: string, comparisons: readonly Comparison[]): Promise<string> {
  const folder = join('bench', 'results');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const rows = comparisons.map((each) => ({ ...each, ratio: ratio(each) }));
  await writeFile(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), node: process.version, rows }, undefined, 2)}\n`,
  );
  return file;
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

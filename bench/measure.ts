/** Small tools of the measurements: medians, ratios, a table, and JSON to keep. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a measure should come to. */
export type Aim =
  /** At most so many times the reference. */
  | { readonly timesReference: number }
  /** At most the reference and so much more. */
  | { readonly aboveReference: number }
  | { readonly atMost: number };

/** One measure beside its reference. Both have one entry a round, and those of a round saw the same state of the machine. */
export interface Measure {
  readonly measure: string;
  /** `s`: seconds of wall clock, `MB`: 10^6 bytes that files allocate, `kB`: 10^3 bytes; else what is counted. */
  readonly unit: 's' | 'MB' | 'kB' | 'steps';
  readonly ours: readonly number[];
  readonly reference?: { readonly name: string; readonly values: readonly number[] };
  readonly aim?: Aim;
  /** Where our time goes: seconds by step. Kept, not printed. */
  readonly steps?: Readonly<Record<string, readonly number[]>>;
}

/** What cannot be measured on this machine, and why. */
export interface LeftOut {
  readonly measure: string;
  readonly leftOut: string;
}

export type Row = Measure | LeftOut;

/** The kept form of a measure. */
interface Outcome {
  readonly median: number;
  readonly referenceMedian?: number;
  /** Median of the rounds' ratios. */
  readonly ratio?: number;
  readonly met?: boolean;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[sorted.length >> 1]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

function outcomeOf({ ours, reference, aim }: Measure): Outcome {
  const paired = (combine: (our: number, their: number) => number) =>
    median(ours.map((our, round) => combine(our, reference?.values[round] ?? Number.NaN)));
  const ratio = paired((our, their) => our / their);
  return {
    median: median(ours),
    ...(reference === undefined ? {} : { referenceMedian: median(reference.values), ratio }),
    ...(aim === undefined ? {} : { met: isMet(aim) }),
  };

  function isMet(wanted: Aim): boolean {
    if ('timesReference' in wanted) return ratio <= wanted.timesReference;
    if ('aboveReference' in wanted) return paired((our, their) => our - their) <= wanted.aboveReference;
    return median(ours) <= wanted.atMost;
  }
}

function aimText(aim: Aim, unit: string): string {
  if ('timesReference' in aim) return `ratio ≤ ${aim.timesReference}`;
  if ('aboveReference' in aim) return `≤ reference + ${aim.aboveReference} ${unit}`;
  return `≤ ${aim.atMost} ${unit}`;
}

function amount(value: number, unit: string): string {
  return `${value.toFixed(unit === 's' ? 2 : 0)} ${unit}`;
}

function cellsOf(row: Row): string[] {
  if ('leftOut' in row) return [row.measure, 'left out', row.leftOut];
  const { unit, reference, aim } = row;
  const { median: ours, referenceMedian, ratio, met } = outcomeOf(row);
  return [
    row.measure,
    amount(ours, unit),
    reference?.name ?? '',
    referenceMedian === undefined ? '' : amount(referenceMedian, unit),
    ratio === undefined ? '' : ratio.toFixed(2),
    aim === undefined ? '' : aimText(aim, unit),
    met === undefined ? '' : met ? 'yes' : 'NO',
  ];
}

export function table(rows: readonly Row[]): string {
  const head = ['measure', 'median', 'reference', 'median', 'ratio', 'aim', 'met'];
  const all = [head, ...rows.map(cellsOf)];
  // A reason may be long: it stands where the reference does, but widens no column.
  const counted = [head, ...rows.filter((row) => !('leftOut' in row)).map(cellsOf)];
  const width = (column: number) =>
    Math.max(...(column < 2 ? all : counted).map((cells) => cells[column]?.length ?? 0));
  return all
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(width(column)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Keeps all numbers of a group under bench/results/. @returns the file */
export async function keep(
  group: string,
  rows: readonly Row[],
  about: Readonly<Record<string, unknown>>,
): Promise<string> {
  const folder = join('bench', 'results');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${group}.json`);
  const told = rows.map((row) => ('leftOut' in row ? row : { ...row, ...outcomeOf(row) }));
  await writeFile(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), ...about, rows: told }, undefined, 2)}\n`,
  );
  return file;
}

/** Seconds of wall clock that something takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** What each round measures, by name, turned into the rounds of each. */
export async function rounds<Name extends string>(
  count: number,
  round: (number: number) => Promise<Readonly<Record<Name, number>>>,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const all: Readonly<Record<Name, number>>[] = [];
  for (let number = 1; number <= count; number++) {
    const values = await round(number);
    console.error(`  round ${number} of ${count}: ${describe(values)}`);
    all.push(values);
  }
  const names = Object.keys(all[0] ?? {}) as Name[];
  const collected: Partial<Record<Name, readonly number[]>> = {};
  for (const name of names) collected[name] = all.map((values) => values[name]);
  return collected as Record<Name, readonly number[]>;
}

function describe(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value.toFixed(2)}`)
    .join(', ');
}

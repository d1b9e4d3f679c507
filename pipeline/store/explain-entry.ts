/** All that a store knows of one entry: what went into it, what it stands on, and in what it differs from its neighbours. */
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { suggest } from '../../base/suggest.js';
import { explainMiss, type InputChange } from '../plan/keys/explain.js';
import { type ListedEntry, listStore } from './list.js';
import { openStore, type StepRecord, type Store } from './store.js';

export interface ExplainedEntry extends ListedEntry, Pick<StepRecord, 'inputs' | 'records'> {
  /** Files and folders in it. */
  readonly files: number;
  /** What it stands on, nearest first. */
  readonly below: readonly StandsOn[];
  /** The nearest entries of the same step of the same recipe that were made before and after it. */
  readonly older?: Neighbour;
  readonly newer?: Neighbour;
}

/** Recipe and step are absent when the entry is no longer kept. */
export interface StandsOn {
  readonly key: string;
  readonly recipe?: string;
  readonly step?: string;
}

export interface Neighbour {
  readonly key: string;
  /** RFC 3339, UTC. */
  readonly made: string;
  /** From the older to the newer of both. */
  readonly changes: readonly InputChange[];
}

/** Digits that a key must be given with at least. */
const LEAST_DIGITS = 6;

/**
 * @param digits the first of its key
 * @throws Failure of kind `usage` when they are not those of exactly one entry
 */
export async function explainEntry(
  path: string,
  workspace: string,
  digits: string,
  ports: Ports,
): Promise<ExplainedEntry> {
  const { entries } = await listStore(path, workspace, ports);
  const entry = findEntry(entries, digits);
  const store = await openStore(path);
  const record = await store.find(entry.key);
  if (record === undefined) throw unknown(entry.key, []);
  const { inputs, records, entries: files } = record;
  const same = entries.filter(({ recipe, step }) => recipe === entry.recipe && step === entry.step);
  const ordered = [...same].sort((a, b) => (a.made < b.made ? -1 : 1));
  const at = ordered.findIndex(({ key }) => key === entry.key);
  const older = await store.find(ordered[at - 1]?.key ?? '');
  const newer = await store.find(ordered[at + 1]?.key ?? '');
  return {
    ...entry,
    files,
    inputs,
    records,
    below: await chainBelow(store, inputs.below),
    ...(older === undefined ? {} : { older: neighbour(older, explainMiss(older.inputs, inputs)) }),
    ...(newer === undefined ? {} : { newer: neighbour(newer, explainMiss(inputs, newer.inputs)) }),
  };
}

function neighbour({ key, made }: StepRecord, changes: readonly InputChange[]): Neighbour {
  return { key, made, changes };
}

async function chainBelow(store: Store, first: string | undefined): Promise<StandsOn[]> {
  const chain: StandsOn[] = [];
  for (let key = first; key !== undefined; ) {
    const record = await store.find(key);
    chain.push(record === undefined ? { key } : { key, recipe: record.recipe, step: record.step });
    key = record?.inputs.below;
  }
  return chain;
}

function findEntry(entries: readonly ListedEntry[], digits: string): ListedEntry {
  const wanted = digits.toLowerCase();
  if (!/^[0-9a-f]*$/.test(wanted) || wanted.length < LEAST_DIGITS || wanted.length > 64) {
    throw new Failure('usage', {
      what: `\`${digits}\` is not the key of an entry.`,
      expected: `the first digits of its key, at least ${LEAST_DIGITS} of 0-9 and a-f`,
      hint: ALL,
    });
  }
  const [entry, ...others] = entries.filter(({ key }) => key.startsWith(wanted));
  if (entry === undefined) throw unknown(wanted, entries);
  if (others.length === 0) return entry;
  throw new Failure('usage', {
    what: `The keys of ${others.length + 1} entries begin with \`${digits}\`.`,
    found: [entry, ...others].map(nameOf).sort().join('; '),
    hint: 'Give more digits.',
  });
}

const ALL = '`npx lunsmith cache ls` lists all keys.';

function unknown(digits: string, entries: readonly ListedEntry[]): Failure {
  const near = suggest(
    digits,
    entries.map(({ key }) => key.slice(0, digits.length)),
  );
  const entry = entries.find(({ key }) => near !== undefined && key.startsWith(near));
  return new Failure('usage', {
    what: `No entry of the store has a key that begins with \`${digits}\`.`,
    hint: entry === undefined ? ALL : `Did you mean ${nameOf(entry)}?`,
  });
}

function nameOf({ key, recipe, step }: ListedEntry): string {
  return `${key.slice(0, 12)}, ${step} of ${recipe}`;
}

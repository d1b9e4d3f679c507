/** The entries of a store as they are listed: what each is, how large, when it was used, and by whom it is needed. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../ports.js';
import type { Amount } from './garbage-report.js';
import { type Held, heldBy, readHolders } from './holders.js';
import { openStore, type StepRecord } from './store.js';
import { surveyStore } from './survey.js';

export interface ListedEntry
  extends Held,
    Pick<StepRecord, 'key' | 'kind' | 'recipe' | 'step' | 'made' | 'seconds'> {
  /** What removing it frees. */
  readonly bytes: number;
  /** What it shares with a release, in bytes. */
  readonly shared: number;
  /** RFC 3339, UTC. */
  readonly used: string;
}

export interface StoreList {
  /** Absolute path. */
  readonly store: string;
  /** The one used last comes first. */
  readonly entries: readonly ListedEntry[];
  /** Entries that are being made, or whose build was cut short. */
  readonly incomplete: number;
  readonly packages: Amount;
}

/** Reads records alone, and writes nothing. @param path of the store, which need not be there */
export async function listStore(path: string, workspace: string, ports: Ports): Promise<StoreList> {
  const empty = { store: path, entries: [], incomplete: 0, packages: { count: 0, bytes: 0 } };
  if ((await stat(join(path, 'steps')).catch(() => undefined)) === undefined) return empty;
  const store = await openStore(path);
  const [survey, holders] = await Promise.all([surveyStore(store), readHolders(store, workspace, ports)]);
  const entries = [...survey.entries]
    .sort((a, b) => b.usedAt - a.usedAt || (a.record.key < b.record.key ? -1 : 1))
    .map(({ record, bytes, shared, usedAt }): ListedEntry => {
      const { key, kind, recipe, step, made, seconds } = record;
      const used = new Date(usedAt).toISOString();
      return { key, kind, recipe, step, made, seconds, bytes, shared, used, ...heldBy(holders, key) };
    });
  const packages = {
    count: survey.packages.filter(({ whole }) => whole).length,
    bytes: survey.packages.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  return { store: path, entries, incomplete: survey.incomplete.length, packages };
}

/** The entries of a store as they are listed: what each is, how large, when it was used, and by whom it is needed. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import type { Amount } from './garbage/report.js';
import { type Held, heldBy, readGcRoots } from './gc-roots.js';
import { openStore, type StepRecord } from './store.js';
import { distinct, type SharedFile, surveyStore } from './survey.js';

export interface ListedEntry
  extends Held,
    Pick<StepRecord, 'key' | 'kind' | 'recipe' | 'step' | 'made' | 'seconds'> {
  /** What removing it alone frees. */
  readonly bytes: number;
  /** What other entries have too, in bytes; removing the last of them frees it. */
  readonly shared: number;
  /** What a release has too, in bytes. */
  readonly released: number;
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
  /** Files that several entries have, each once. */
  readonly shared: Amount;
  /** Files that a release has too, each once: no part of the store's size. */
  readonly released: Amount;
}

/** Reads records alone, and writes nothing. @param path of the store, which need not be there */
export async function listStore(path: string, workspace: string, ports: Ports): Promise<StoreList> {
  const none = { count: 0, bytes: 0 };
  const empty = { store: path, entries: [], incomplete: 0, packages: none, shared: none, released: none };
  if ((await stat(join(path, 'steps')).catch(() => undefined)) === undefined) return empty;
  const store = await openStore(path);
  const [survey, roots] = await Promise.all([surveyStore(store), readGcRoots(store, workspace, ports)]);
  const entries = [...survey.entries]
    .sort((a, b) => b.usedAt - a.usedAt || (a.record.key < b.record.key ? -1 : 1))
    .map(({ record, bytes, usedAt, ...files }): ListedEntry => {
      const { key, kind, recipe, step, made, seconds } = record;
      const used = new Date(usedAt).toISOString();
      const [shared, released] = [amountOf(files.shared).bytes, amountOf(files.released).bytes];
      return {
        key,
        kind,
        recipe,
        step,
        made,
        seconds,
        bytes,
        shared,
        released,
        used,
        ...heldBy(roots, key),
      };
    });
  const packages = {
    count: survey.packages.filter(({ whole }) => whole).length,
    bytes: survey.packages.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const shared = amountOf(survey.entries.flatMap((entry) => entry.shared));
  const released = amountOf(survey.entries.flatMap((entry) => entry.released));
  return { store: path, entries, incomplete: survey.incomplete.length, packages, shared, released };
}

function amountOf(files: readonly SharedFile[]): Amount {
  const each = distinct(files);
  return { count: each.length, bytes: each.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** What lies in a store: entries, what is incomplete, and package files, each with its size and its last use. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BLOCK, type LinkedFile, outputFiles } from './links.js';
import type { StepRecord, Store } from './store.js';
import { listTrash } from './trash.js';

/** One file under whatever name. */
export interface SharedFile {
  readonly id: string;
  /** What it allocates on the disk. */
  readonly bytes: number;
}

export interface SurveyedEntry {
  readonly record: StepRecord;
  /** What removing it alone frees. */
  readonly bytes: number;
  /** Files that other entries have too: removing the last of those frees them. */
  readonly shared: readonly SharedFile[];
  /** Files that have a name outside of the store, mostly in a release: removing it does not free them. */
  readonly released: readonly SharedFile[];
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

/** A package file with what was read from it, or a download that has not come to its end. */
export interface SurveyedPackage {
  readonly sha256: string;
  readonly whole: boolean;
  /** Absolute paths; the package file comes first. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

export interface Survey {
  /** Sorted by key. */
  readonly entries: readonly SurveyedEntry[];
  /** Folders without a record: they are being made, or their build was cut short. */
  readonly incomplete: readonly (Pick<SurveyedEntry, 'shared'> & { readonly key: string })[];
  readonly packages: readonly SurveyedPackage[];
}

/** Looks at records and sizes; reads no contents. */
export async function surveyStore(store: Store): Promise<Survey> {
  // First: what disappears from the trash meanwhile has no hard link afterwards.
  const removed = await Promise.all((await listTrash(store)).map(outputFiles));
  const outputs = new Map<string, LinkedFile[]>();
  for (const key of (await store.keys()).sort()) outputs.set(key, await outputFiles(store.entry(key)));
  const kept = [...outputs.values()].flat();
  const names = countBy([...removed.flat(), ...kept], ({ names: own }) => own);
  const owners = countBy(kept, () => 1);
  const isReleased = ({ id, links }: LinkedFile) => links > (names.get(id) ?? 0);
  const isShared = (file: LinkedFile) => !isReleased(file) && (owners.get(file.id) ?? 0) > 1;
  const entries: SurveyedEntry[] = [];
  const incomplete: Survey['incomplete'][number][] = [];
  for (const [key, files] of outputs) {
    const [shared, released] = [files.filter(isShared), files.filter(isReleased)];
    const record = await store.find(key);
    const used = await stat(join(store.entry(key), 'record.json')).catch(() => undefined);
    if (record === undefined || used === undefined) incomplete.push({ key, shared });
    else {
      // The record counts a file once for each of its hard links.
      const others = [...shared, ...released].reduce((sum, file) => sum + file.bytes * file.names, 0);
      const bytes = Math.max(0, record.bytes - others);
      entries.push({ record, bytes, shared, released, usedAt: used.mtimeMs });
    }
  }
  return { entries, incomplete, packages: await surveyPool(store.pool) };
}

/** Each file once. */
export function distinct(files: readonly SharedFile[]): SharedFile[] {
  return [...new Map(files.map((file) => [file.id, file])).values()];
}

function countBy(
  files: readonly LinkedFile[],
  count: (file: LinkedFile) => number,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(file.id, (counts.get(file.id) ?? 0) + count(file));
  return counts;
}

async function surveyPool(pool: string): Promise<SurveyedPackage[]> {
  const packages = new Map<string, SurveyedPackage>();
  for (const name of await filesOfPool(pool)) {
    const [, sha256, rest] = /\/([0-9a-f]{64})(\.[^/]*)?$/.exec(name) ?? [];
    const path = join(pool, name);
    const found = await stat(path).catch(() => undefined);
    if (sha256 === undefined || found === undefined) continue;
    const whole = rest !== '.partial';
    const id = `${sha256} ${whole}`;
    const known = packages.get(id);
    packages.set(id, {
      sha256,
      whole,
      files: [...(known?.files ?? []), path],
      bytes: (known?.bytes ?? 0) + found.blocks * BLOCK,
      usedAt: Math.max(known?.usedAt ?? 0, found.mtimeMs),
    });
  }
  return [...packages.values()];
}

/** `<aa>/<name>` of all files, sorted. */
async function filesOfPool(pool: string): Promise<string[]> {
  const folders = (await readdir(pool, { withFileTypes: true })).filter((each) => each.isDirectory());
  const names = await Promise.all(
    folders.map(async ({ name }) => (await readdir(join(pool, name))).map((file) => `${name}/${file}`)),
  );
  return names.flat().sort();
}

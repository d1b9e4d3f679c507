/** What lies in a store: entries, what is incomplete, and package files, each with its size and its last use. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepRecord, Store } from './store.js';
import { contentFolder } from './tree-digest.js';

export interface SurveyedEntry {
  readonly record: StepRecord;
  /** What removing it frees. */
  readonly bytes: number;
  /** What it shares with a release, whose files are the same under a second name: removing it does not free that. */
  readonly shared: number;
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
  /** Keys of folders without a record: they are being made, or their build was cut short. */
  readonly incomplete: readonly string[];
  readonly packages: readonly SurveyedPackage[];
}

/** Looks at records and sizes; reads no contents. */
export async function surveyStore(store: Store): Promise<Survey> {
  const entries: SurveyedEntry[] = [];
  const incomplete: string[] = [];
  for (const key of (await store.keys()).sort()) {
    const record = await store.find(key);
    const used = await stat(join(store.entry(key), 'record.json')).catch(() => undefined);
    if (record === undefined || used === undefined) incomplete.push(key);
    else {
      const shared = await sharedBytes(store, record);
      const bytes = Math.max(0, record.bytes - shared);
      entries.push({ record, bytes, shared, usedAt: used.mtimeMs });
    }
  }
  return { entries, incomplete, packages: await surveyPool(store.pool) };
}

/** Files of an output that have more names than the entry gives them: the others are in a release. */
async function sharedBytes(store: Store, record: StepRecord): Promise<number> {
  if (record.kind === 'layer') return 0;
  const folder = contentFolder(store.entry(record.key), record.kind);
  const found = await Promise.all(
    record.files.map(({ path }) => stat(join(folder, path)).catch(() => undefined)),
  );
  const files = found.filter((file) => file !== undefined);
  const own = (inode: number) => files.filter(({ ino }) => ino === inode).length;
  return files
    .filter(({ ino, nlink }) => nlink > own(ino))
    .reduce((sum, { blocks }) => sum + blocks * BLOCK, 0);
}

/** stat(2): st_blocks counts units of 512 bytes whatever the file system's block size. */
const BLOCK = 512;

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

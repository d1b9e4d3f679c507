/**
 * The store of finished steps. An entry is named by its step's key, is found from the moment when its record appears (by
 * one rename, last of all), and never changes afterwards. Builds of all recipes share it; `cache` looks after it.
 *
 * Files of outputs have hard links in the releases that are made of them and in newer entries of the same step that
 * have the same file. So what removing an entry frees are the files that have all their names in it; of what several
 * entries share the last one's removal does, and of what a release has none. A store's size counts each file once, and
 * those of releases not at all. Damage to a shared file is damage to each entry that has it.
 *
 * ```
 * <workspace>/store/
 *   steps/<key>/record.json   what it is, what went into it, and digests by which damage is found; without it the
 *                             entry is incomplete and is not found
 *   steps/<key>/tree/         a layer: an overlayfs upper directory
 *   steps/<key>/output/       or the files of an output step, or of a part of one; read-only
 *   steps/<key>/checked       run of the machine in which every byte was looked at since; empty when it is to be done again
 *   last/<recipe>/<step>      key of the newest entry of that step: what a miss is compared with; of a part, <step>:<part>
 *   roots/<root key>          key of the newest layer that a step made of that root
 *   releases/<key>.json       where the release is that follows from the key, and which entries it is made of
 *   pool/<aa>/<sha256>        package files
 *   resolve/                  indexes that packages are resolved against
 *   locks/<key>               held (flock(2)) by the build that is making the entry
 *   in-use/<build>            keys that a build needs; held while it runs
 *   salt                      key of the HMACs that stand for secrets
 * ```
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../base/digest.js';
import { readRegular } from '../../base/regular-file.js';
import { removeTree } from '../../base/remove-tree.js';
import { replaceFile } from '../../base/replace-file.js';
import { checkRecord } from '../../base/schema/record.js';
import type { StepInputs } from '../plan/keys/fingerprint.js';

const texts = z.record(z.string(), z.string());
/** All fields, so that none is written which is not read again. */
const inputs = {
  format: z.literal('lunsmith-step/1'),
  stage: z.string(),
  code: z.string(),
  options: z.unknown(),
  facts: z.record(z.string(), z.unknown()),
  files: texts,
  secrets: texts,
  tools: texts,
  surroundings: texts,
  packages: texts,
  below: z.string().optional(),
} satisfies Readonly<Record<keyof StepInputs, z.ZodType>>;
const inputsSchema = z
  .strictObject(inputs)
  // With `exactOptionalPropertyTypes` an absent `below` is not an undefined one; JSON has no undefined.
  .transform((each) => each as StepInputs);

const recordSchema = z.strictObject({
  format: z.literal('lunsmith-record/2'),
  key: z.string(),
  kind: z.enum(['layer', 'output', 'part']),
  /** Who made it first. */
  recipe: z.string(),
  step: z.string(),
  inputs: inputsSchema,
  /** What the step recorded for later steps and for the manifest. */
  records: z.record(z.string(), z.unknown()),
  /** Seconds that the step took. */
  seconds: z.number(),
  /** RFC 3339, UTC. */
  made: z.string(),
  /** Of files that are not empty: what they allocate on the disk. */
  bytes: z.number(),
  entries: z.number(),
  /** Digest of all names, kinds, owners, modes, sizes and times: found to differ quickly. */
  listing: z.string(),
  /** Files and their digests: of an output each for the manifest, of a layer all under one, with extended attributes. */
  files: z.array(z.strictObject({ path: z.string(), bytes: z.number(), digest: z.string() })),
  content: z.string(),
  /** Of a layer that may be found by the root that it was made of: see root-key.ts. */
  rootKey: z.string().optional(),
  /** Identity of the machine's run that wrote it. */
  boot: z.string(),
});
export type StepRecord = z.infer<typeof recordSchema>;

const releaseSchema = z.strictObject({
  format: z.literal('lunsmith-release-record/1'),
  recipe: z.string(),
  digest: z.string(),
  /** Absolute paths at which it was put. */
  paths: z.array(z.string()),
  /** Keys of all steps and parts that it is made of. */
  steps: z.array(z.string()),
});
export type ReleaseRecord = z.infer<typeof releaseSchema>;

/** The largest records are those of layers of thousands of packages. */
const MOST_RECORD_BYTES = 64 * 1024 * 1024;

export interface Store {
  /** Absolute path. */
  readonly path: string;
  readonly pool: string;
  readonly resolve: string;
  /** Folder of an entry, whether or not it is there. */
  entry(key: string): string;
  /** The record of a whole entry. */
  find(key: string): Promise<StepRecord | undefined>;
  /** Publishes a finished folder under its key by an atomic rename. The caller holds the key's lock. */
  place(folder: string, key: string): Promise<void>;
  /** Writes the record of an entry that was placed: from now on it is found. */
  complete(record: StepRecord): Promise<void>;
  /**
   * Whether an entry was written or checked since the machine was started. After a crash of the machine what was written
   * before may have holes, so that its first use looks at every byte.
   */
  checked(key: string): Promise<{ readonly inThisRun: boolean; mark(): Promise<void> }>;
  /** The next use of an entry looks at every byte, whenever that was done before. */
  doubt(key: string): Promise<void>;
  /** Removes an entry, which disappears by one rename. */
  discard(key: string): Promise<void>;
  /** Notes that an entry was used just now. */
  touch(key: string): Promise<void>;
  /** Keys of all entries. */
  keys(): Promise<string[]>;
  /** The newest layer that a step made of the same root, whatever had made that. */
  byRootKey(rootKey: string): Promise<string | undefined>;
  /** The newest entry of a recipe's step. */
  last(recipe: string, step: string): Promise<StepRecord | undefined>;
  findRelease(key: string): Promise<ReleaseRecord | undefined>;
  noteRelease(key: string, record: ReleaseRecord): Promise<void>;
  salt(): Promise<Buffer>;
}

/** Opens the store of a workspace and makes its folders. */
export async function openStore(path: string): Promise<Store> {
  const at = (...parts: string[]) => join(path, ...parts);
  for (const folder of [
    'steps',
    'last',
    'roots',
    'releases',
    'pool',
    'resolve',
    'locks',
    'in-use',
    'trash',
  ]) {
    await mkdir(at(folder), { recursive: true });
  }
  // A part's name is `STEP/PART`, and there is a file for the step too.
  const lastOf = (recipe: string, step: string) => at('last', recipe, step.replaceAll('/', ':'));
  const find = async (key: string): Promise<StepRecord | undefined> => {
    const record = await readJson(at('steps', key, 'record.json'), recordSchema);
    return record?.key === key ? record : undefined;
  };
  const discard = async (key: string) => {
    const trash = at('trash', `${key}-${randomBytes(4).toString('hex')}`);
    const gone = await rename(at('steps', key), trash).then(
      () => true,
      () => false,
    );
    if (gone) await removeTree(trash);
  };
  return {
    path,
    pool: at('pool'),
    resolve: at('resolve'),
    entry: (key) => at('steps', key),
    find,
    place: async (folder, key) => {
      // An entry that lies there is incomplete or damaged, else it would not be made again.
      await discard(key);
      await rename(folder, at('steps', key));
    },
    complete: async (record) => {
      await writeAside(at('steps', record.key, 'record.json'), canonicalJson(record));
      await writeAside(lastOf(record.recipe, record.step), record.key);
      if (record.rootKey !== undefined) await writeAside(at('roots', record.rootKey), record.key);
    },
    checked: async (key) => {
      const run = await bootId();
      const mark = at('steps', key, 'checked');
      const marked = await readFile(mark, 'utf8').catch(() => undefined);
      return {
        inThisRun: (marked ?? (await find(key))?.boot) === run,
        mark: () => writeAside(mark, run),
      };
    },
    doubt: async (key) => {
      await writeFile(at('steps', key, 'checked'), '').catch((error: unknown) => {
        // An entry that is gone is no longer used.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      });
    },
    discard,
    touch: async (key) => {
      const now = new Date();
      await utimes(at('steps', key, 'record.json'), now, now).catch(() => undefined);
    },
    keys: () => readdir(at('steps')),
    byRootKey: (rootKey) => readFile(at('roots', rootKey), 'utf8').catch(() => undefined),
    last: async (recipe, step) => {
      const key = await readFile(lastOf(recipe, step), 'utf8').catch(() => undefined);
      return key === undefined ? undefined : readJson(at('steps', key, 'record.json'), recordSchema);
    },
    findRelease: (key) => readJson(at('releases', `${key}.json`), releaseSchema),
    noteRelease: (key, record) => writeAside(at('releases', `${key}.json`), canonicalJson(record)),
    salt: () => salt(at('salt')),
  };
}

/** The record in an entry's folder, wherever that is; undefined when it is missing, torn or of another version. */
export function readRecord(folder: string): Promise<StepRecord | undefined> {
  return readJson(join(folder, 'record.json'), recordSchema);
}

/** random(4): a number that changes at every boot of the machine. */
export async function bootId(): Promise<string> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown');
  return text.trim();
}

async function salt(path: string): Promise<Buffer> {
  const known = await readFile(path).catch(() => undefined);
  if (known?.length === 32) return known;
  if (known !== undefined) await rm(path, { force: true });
  // Two builds may come here at once: the first link wins, both read it.
  const partial = `${path}.${randomUUID()}.partial`;
  await writeFile(partial, randomBytes(32), { mode: 0o600 });
  await link(partial, path).catch(() => undefined);
  await rm(partial);
  return readFile(path);
}

async function writeAside(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, content);
}

/** Undefined for what is missing, torn or of another version. */
async function readJson<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  const text = await readRegular(path, { most: MOST_RECORD_BYTES }).then(String, () => undefined);
  if (text === undefined) return undefined;
  const checked = checkRecord(text, schema, path);
  return 'value' in checked ? checked.value : undefined;
}

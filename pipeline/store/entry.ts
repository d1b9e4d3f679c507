/** Makes entries of the store and takes them out again: the one way by which a step's result is kept. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import { allSettled } from '../../base/settled.js';
import type { Build } from '../build/build.js';
import { quietPorts } from '../build/build.js';
import type { Keyed } from '../plan/keys/fingerprint.js';
import { contentDigest, entryDamage } from './damage.js';
import { type Lease, takeLease } from './lease.js';
import { doubtSharers } from './links.js';
import { makeReadOnly } from './read-only.js';
import { shareFiles } from './sharing.js';
import { bootId, type StepRecord } from './store.js';
import { contentFolder, listTree } from './tree-digest.js';

export interface EntryWork extends Keyed {
  readonly kind: StepRecord['kind'];
  /** The step's id; of a part, `STEP/PART`. */
  readonly step: string;
  /** Where it is made, on the store's file system; must not exist yet. */
  readonly folder: string;
  /** Fills the content folder. */
  readonly make: (content: string) => Promise<Made>;
}

export interface Made {
  /** What the step recorded. */
  readonly records: StepRecord['records'];
  readonly rootKey?: string | undefined;
}

/**
 * The entry of a key if there is one and it is sound. A damaged one is removed, with a warning. Damage is looked for in
 * what a walk shows, and once in a run of the machine in every byte.
 */
export async function usableEntry(build: Build, key: string, step: string): Promise<StepRecord | undefined> {
  const { record, problem } = await look(build, key);
  if (problem === undefined) return record;
  // Another build may be making it again just now, or have done so: only who holds the lock removes anything.
  await using _lease = await lockEntry(build, key, step, quietPorts(build));
  return await entryUnderLock(build, key, step);
}

async function entryUnderLock(build: Build, key: string, step: string): Promise<StepRecord | undefined> {
  const { record, problem } = await look(build, key);
  if (problem === undefined) return record;
  build.emit({
    type: 'warning',
    task: step,
    message: `The kept result of ${step} is damaged: ${problem}. It is made again.`,
    hint: 'If it happens again, look at the disk: `npx lunsmith cache verify` checks all of them.',
  });
  await doubtSharers(build.store, key);
  await build.store.discard(key);
  return undefined;
}

async function lockEntry(build: Build, key: string, step: string, ports: Ports): Promise<Lease> {
  return takeLease(join(build.store.path, 'locks', key), ports, {
    onWait: () =>
      build.emit({
        type: 'progress',
        task: step,
        what: 'another build makes the same',
        done: 0,
        unit: 'files',
      }),
  });
}

interface Look {
  readonly record?: StepRecord;
  readonly problem?: string;
}

async function look(build: Build, key: string): Promise<Look> {
  const record = await build.store.find(key);
  if (record === undefined) return {};
  const problem = await damageOf(build, record);
  if (problem !== undefined) return { record, problem };
  await build.store.touch(key);
  return { record };
}

async function damageOf(build: Build, record: StepRecord): Promise<string | undefined> {
  const checked = await build.store.checked(record.key);
  const problem = await entryDamage(build.store.entry(record.key), record, quietPorts(build), {
    contents: !checked.inThisRun,
  });
  if (problem === undefined && !checked.inThisRun) await checked.mark();
  return problem;
}

/**
 * Makes an entry unless another build makes the same one just now: then its result is waited for. The digests are taken
 * while the next step runs.
 */
export async function makeEntry(
  build: Build,
  work: EntryWork,
  ports: Ports,
): Promise<{ readonly records: StepRecord['records']; readonly path: string; readonly made: boolean }> {
  const { store } = build;
  const { key, kind, step } = work;
  const path = contentFolder(store.entry(key), kind);
  const lease = await lockEntry(build, key, step, ports);
  let completing = false;
  try {
    const meanwhile = await entryUnderLock(build, key, step);
    if (meanwhile !== undefined) return { records: meanwhile.records, path, made: false };
    const started = Date.now();
    const content = contentFolder(work.folder, kind);
    await mkdir(content, { recursive: true, mode: 0o755 });
    const made = await work.make(content);
    const seconds = (Date.now() - started) / 1000;
    if (kind !== 'layer') await makeReadOnly(content);
    // Before the entry is visible: a release gets hard links to the files that stay.
    if (kind === 'output') await shareWithLast(build, work, content);
    await store.place(work.folder, key);
    const completion = complete(build, work, made, seconds).finally(() => lease[Symbol.asyncDispose]());
    // Awaited at the end of the build; until then it must not count as an unhandled rejection.
    completion.catch(() => undefined);
    build.completions.push(completion);
    completing = true;
    return { records: made.records, path, made: true };
  } finally {
    if (!completing) await lease[Symbol.asyncDispose]();
  }
}

/** What the newest entry of the same step has too is not kept twice. */
async function shareWithLast(build: Build, { step, folder }: EntryWork, content: string): Promise<void> {
  const { store, keyed } = build;
  const last = await store.last(keyed.plan.recipe.name, step);
  if (last === undefined) return;
  const earlier = { folder: contentFolder(store.entry(last.key), last.kind), files: last.files };
  await shareFiles(content, earlier, join(folder, 'sharing'));
}

async function complete(
  build: Build,
  { key, kind, step, inputs }: EntryWork,
  { records, rootKey }: Made,
  seconds: number,
): Promise<void> {
  const ports = quietPorts(build);
  const folder = contentFolder(build.store.entry(key), kind);
  const [tree, digests, boot] = await allSettled([
    listTree(folder, ports),
    contentDigest(folder, kind, { ...ports, taken: build.digests }),
    bootId(),
  ]);
  await build.store.complete({
    format: 'lunsmith-record/2',
    key,
    kind,
    recipe: build.keyed.plan.recipe.name,
    step,
    inputs,
    records,
    seconds,
    made: new Date().toISOString(),
    boot,
    ...(rootKey === undefined ? {} : { rootKey }),
    ...tree,
    ...digests,
  });
}

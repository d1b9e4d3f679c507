/** Reads every byte of a store and tells, or removes, what is not as it was written. */

import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import PQueue from 'p-queue';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { runTask } from '../../base/task.js';
import { entryDamage } from './damage.js';
import { takeLease } from './lease.js';
import { verifyPool } from './pool.js';
import { removeDamaged } from './repair.js';
import { openStore, type StepRecord, type Store } from './store.js';
import { surveyStore } from './survey.js';
import { removalLock } from './temporary-roots.js';
import type { Damage, VerifyReport, VerifyRequest } from './verify-report.js';

/** Work in the order in which it is done. */
const TASKS = [
  { id: 'entries', title: 'results of steps' },
  { id: 'packages', title: 'package files' },
];

/**
 * Entries that are being made, or that disappear meanwhile, are passed over. Runs in the sandbox, where owners are seen as
 * they were written.
 */
export async function verifyStore(request: VerifyRequest, ports: Ports): Promise<VerifyReport> {
  const store = await openStore(request.store);
  ports.emit({ type: 'started', work: 'verify', subject: store.path, tasks: TASKS });
  const { entries, packages } = await surveyStore(store);
  const files = packages.filter(({ whole }) => whole);
  const bytes = sumOf(entries.map(({ record }) => record)) + sumOf(files);
  const damaged = [
    ...(await runTask(ports.emit, 'entries', () =>
      damagedEntries(
        store,
        entries.map(({ record }) => record),
        ports,
      ),
    )),
    ...(await runTask(ports.emit, 'packages', () => damagedPackages(store, ports))),
  ];
  return {
    store: store.path,
    entries: entries.length,
    packages: files.length,
    bytes,
    damaged: await removeDamaged(store, damaged, request, ports),
  };
}

async function damagedEntries(store: Store, records: readonly StepRecord[], ports: Ports): Promise<Damage[]> {
  const total = sumOf(records);
  let done = 0;
  const queue = new PQueue({ concurrency: availableParallelism() });
  const found = await queue.addAll(
    records.map((record) => async (): Promise<Damage[]> => {
      const problem = await problemOf(store, record, ports);
      done += record.bytes;
      ports.emit({ type: 'progress', task: 'entries', what: 'read', done, total, unit: 'bytes' });
      if (problem === undefined) return [];
      const { key, kind, recipe, step, made } = record;
      return [
        { what: kind, id: key, record: { recipe, step, made }, problem, releases: [], outcome: 'found' },
      ];
    }),
  );
  return found.flat();
}

/** Undefined also of an entry that was removed, or made again, while it was read. */
async function problemOf(store: Store, record: StepRecord, ports: Ports): Promise<string | undefined> {
  stopIfAborted(ports);
  const { key, made } = record;
  const problem = await entryDamage(store.entry(key), record, ports, { contents: true }).catch(
    (error: unknown) => `it cannot be read: ${reasonOf(error)}`,
  );
  // What was read after an abort tells nothing.
  stopIfAborted(ports);
  return problem !== undefined && (await store.find(key))?.made === made ? problem : undefined;
}

function reasonOf(error: unknown): string {
  const { command, message } = Failure.from(error);
  return command?.lastLines.at(-1) ?? message;
}

/** No entry is removed while it is read; nothing is written for that, so that a full disk can be verified. */
async function damagedPackages(store: Store, ports: Ports): Promise<Damage[]> {
  await using _noRemoval = await takeLease(removalLock(store), ports, { shared: true });
  const problems = await verifyPool(store.pool, ports);
  return await Promise.all(
    problems.map(async ({ file, expected, found }): Promise<Damage> => {
      const { size } = await stat(file);
      const problem = `its ${size} bytes have the sha256 ${found}`;
      return { what: 'package', id: expected, problem, releases: [], outcome: 'found' };
    }),
  );
}

function sumOf(things: readonly { readonly bytes: number }[]): number {
  return things.reduce((sum, { bytes }) => sum + bytes, 0);
}

function stopIfAborted({ signal }: Ports): void {
  if (signal.aborted)
    throw new Failure('interrupted', { what: 'Interrupted: the store was not read to its end.' });
}

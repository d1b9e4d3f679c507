/**
 * What the packages of a recipe without a lock came to when they were last resolved. It stands for as long as the request, the code that
 * answers it and all that the answer rests on are the same: of each archive its signed index, which is asked for by one conditional
 * request. Whatever keeps that from being known lets the packages be resolved anew, which then tells what is wrong.
 */
import { createHash, hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, utimes } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, sha256OfText } from '../../../base/digest.js';
import { readRegular } from '../../../base/regular-file.js';
import { replaceFile } from '../../../base/replace-file.js';
import { checkRecord } from '../../../base/schema/record.js';
import { nativeArchitecture } from '../../sandbox/stand-ins.js';
import { codeOfStep, type StepCode } from '../keys/step-code.js';
import { sha256Schema } from '../package-set.js';
import type { Plan } from '../plan.js';
import { archivesOf, type Lock, requestDigest, resolvingSteps } from './lock.js';
import { lockSchema } from './lock-text.js';
import type { ResolvedLock } from './resolve-plan.js';

/** No record is larger: it holds a lock. */
const MOST_BYTES = 16 * 1024 * 1024;
/** No signed index is. */
const MOST_INDEX = 16 * 1024 * 1024;
/** Seconds that all archives together may take to answer. */
const PATIENCE = 10;

const recordSchema = z.strictObject({
  format: z.literal('lunsmith-resolution/1'),
  lock: lockSchema,
  files: z.array(z.strictObject({ path: z.string(), sha256: sha256Schema })),
  indexes: z.array(
    z.strictObject({
      url: z.string(),
      sha256: sha256Schema,
      until: z.iso.datetime().optional(),
      /** What the server called this content, for the next request. */
      etag: z.string().optional(),
      modified: z.string().optional(),
    }),
  ),
});
type Resolved = z.output<typeof recordSchema>;
type Index = Resolved['indexes'][number];

export interface RememberSurroundings extends StepCode {
  readonly mirror: string | undefined;
  /** Absolute path of the folder of indexes. */
  readonly state: string;
}

/**
 * @param age seconds for which archives that were asked are not asked again
 * @returns nothing when the packages are to be resolved
 */
export async function rememberedLock(
  plan: Plan,
  around: RememberSurroundings,
  age: number,
  signal: AbortSignal,
): Promise<Lock | undefined> {
  const path = await recordPath(plan, around);
  if (path === undefined) return undefined;
  const bytes = await readRegular(path, { most: MOST_BYTES }).catch(() => undefined);
  const checked = bytes && checkRecord(bytes.toString('utf8'), recordSchema, path);
  if (checked === undefined || !('value' in checked)) return undefined;
  const { lock, files, indexes } = checked.value;
  for (const { path: file, sha256 } of files) {
    const found = await readFile(file).catch(() => undefined);
    if (found === undefined || hash('sha256', found) !== sha256) return undefined;
  }
  if (indexes.some(({ until }) => until !== undefined && Date.parse(until) < Date.now())) return undefined;
  const asked = (await stat(path)).mtimeMs;
  const elapsed = Date.now() - asked;
  if (elapsed < 0 || elapsed >= age * 1000) {
    const answers = await askAll(indexes, signal);
    if (answers === undefined) return undefined;
    const same = answers.every(({ etag, modified }, at) => {
      const before = indexes[at];
      return before?.etag === etag && before?.modified === modified;
    });
    if (same) await utimes(path, new Date(), new Date());
    else await write(path, { ...checked.value, indexes: answers });
  }
  return lock as Lock;
}

/** Whether archives had all that the recipe asks for when they were last asked, whenever that was. Asks nobody. */
export async function wasResolved(plan: Plan, around: RememberSurroundings): Promise<boolean> {
  const path = await recordPath(plan, around);
  return path !== undefined && existsSync(path);
}

/** Keeps what was just resolved, if it is known what it rests on. */
export async function rememberLock(
  plan: Plan,
  around: RememberSurroundings,
  { basis, reasons: _, ...lock }: ResolvedLock,
): Promise<void> {
  const path = await recordPath(plan, around);
  const known = new Set(basis.indexes.map(({ sha256 }) => sha256));
  const all = lock.indexes.length > 0 && lock.indexes.every(({ sha256 }) => known.has(sha256));
  if (path === undefined || !all || basis.indexes.some(({ url }) => !/^https?:/.test(url))) return;
  await write(path, {
    format: 'lunsmith-resolution/1',
    // What is written is what is read again: JSON has no undefined.
    lock: lock as Resolved['lock'],
    files: [...basis.files],
    indexes: [...basis.indexes],
  });
}

async function write(path: string, resolved: Resolved): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, canonicalJson(resolved));
}

/** By all that the answer follows from, but for what the archives have. Nothing where they ask for a password. */
async function recordPath(plan: Plan, around: RememberSurroundings): Promise<string | undefined> {
  const steps = resolvingSteps(plan);
  if (steps.length === 0) return undefined;
  if (steps.some(({ stage, options }) => stage.credentials?.(options) !== undefined)) return undefined;
  const { mirror, state, code } = around;
  const key = sha256OfText(
    canonicalJson({
      facts: plan.facts,
      native: nativeArchitecture(plan.recipe.architecture) ?? null,
      mirror: mirror ?? null,
      archives: await archivesOf(plan, mirror),
      steps: steps.map((step) => [step.id, requestDigest(step), codeOfStep(step, around)]),
      code: code(
        new URL(import.meta.url.endsWith('.ts') ? './resolve-plan.ts' : './resolve-plan.js', import.meta.url),
      ),
    }),
  );
  return join(state, 'resolved', `${key}.json`);
}

/** @returns the indexes with what their servers call them now; nothing when one is another, or cannot be had */
async function askAll(indexes: readonly Index[], signal: AbortSignal): Promise<Index[] | undefined> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE * 1000)]);
  const answers = await Promise.all(indexes.map((each) => ask(each, patience).catch(() => undefined)));
  signal.throwIfAborted();
  return answers.every((each) => each !== undefined) ? answers : undefined;
}

async function ask(index: Index, signal: AbortSignal): Promise<Index | undefined> {
  const { url, sha256, until, etag, modified } = index;
  // Not by fetch(), whose first call takes three times as long as all of this.
  const { get } = await (url.startsWith('https:') ? import('node:https') : import('node:http'));
  const headers = {
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(modified === undefined ? {} : { 'if-modified-since': modified }),
  };
  const [answer] = (await once(get(url, { signal, headers }), 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) answer.destroy();
  if (answer.statusCode === 304) return index;
  if (answer.statusCode !== 200) return undefined;
  const sum = createHash('sha256');
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MOST_INDEX) return undefined;
    sum.update(piece);
  }
  if (sum.digest('hex') !== sha256) return undefined;
  const { etag: tag, 'last-modified': changed } = answer.headers;
  return {
    ...{ url, sha256 },
    ...(until === undefined ? {} : { until }),
    ...(tag === undefined ? {} : { etag: tag }),
    ...(changed === undefined ? {} : { modified: changed }),
  };
}

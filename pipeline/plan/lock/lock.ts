/** `recipe.lock`: exactly which packages the steps of a recipe install, beside its recipe.yaml. */
import { dirname, join } from 'node:path';
import { canonicalJson, sha256OfText } from '../../../base/digest.js';
import { type Diagnostic, Failure, type SourcePlace } from '../../../base/failure.js';
import { readRegular } from '../../../base/regular-file.js';
import { replaceFile } from '../../../base/replace-file.js';
import { checkRecord } from '../../../base/schema/record.js';
import { placeOf } from '../../../base/yaml/source.js';
import type { ArchiveUrls, LockedPackage } from '../package-set.js';
import type { Plan } from '../plan.js';
import type { PlannedStep } from '../planned-step.js';
import { formatLock, LOCK_FORMAT, type Lock, lockSchema } from './lock-text.js';

/** A lock has one line for each package: thousands have a MB. */
const MOST_LOCK_BYTES = 16 * 1024 * 1024;

export type { Lock } from './lock-text.js';

/** Path of a recipe's lock. @param folder the recipe's */
export function lockFile(folder: string): string {
  return join(folder, 'recipe.lock');
}

/** The lock of a recipe's folder, if it has one. @throws Failure of kind `recipe` for one that cannot be read */
export async function readLock(folder: string): Promise<Lock | undefined> {
  const file = lockFile(folder);
  const bytes = await readRegular(file, { most: MOST_LOCK_BYTES, kind: 'recipe', follow: true }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    },
  );
  return bytes === undefined ? undefined : parseLock(bytes.toString('utf8'), file);
}

/** @throws Failure of kind `recipe` with the line that is wrong */
export function parseLock(text: string, file: string): Lock {
  const value = parseJson(text, file);
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'string' && format !== LOCK_FORMAT) {
    const place = lineWith(text, '"format"', file);
    throw broken(file, {
      what: 'The lock has a format that this version of lunsmith does not know.',
      place,
      expected: LOCK_FORMAT,
      found: format,
    });
  }
  const checked = checkRecord(text, lockSchema, file);
  // With `exactOptionalPropertyTypes` an absent `index` is not an undefined one; JSON has no undefined.
  if ('value' in checked) return checked.value as Lock;
  const [first, ...rest] = checked.problems;
  throw new Failure('recipe', [toDo(file, first), ...rest]);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const conflict = /^<{7}/m.exec(text);
    if (conflict !== null) {
      const what = 'The lock holds both sides of a merge.';
      throw broken(file, { what, place: at(text, conflict.index, file) });
    }
    const position = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const place = at(text, position === undefined ? text.length : Number(position), file);
    throw broken(file, {
      what: 'The lock is broken here.',
      place,
      expected: 'JSON as `lunsmith lock` writes it',
    });
  }
}

/** Appears by one rename. */
export async function writeLock(folder: string, lock: Lock): Promise<void> {
  await replaceFile(lockFile(folder), formatLock(lock));
}

/** Steps whose packages a lock holds. */
export function resolvingSteps(plan: Plan): PlannedStep[] {
  return plan.steps.filter(({ stage }) => stage.resolve !== undefined);
}

/** What a step asks for, as a digest: the lock is stale when it changes. */
export function requestDigest({ stage, options }: PlannedStep): string {
  const request: unknown = stage.request === undefined ? options : stage.request(options);
  return sha256OfText(canonicalJson({ stage: stage.name, request }));
}

/**
 * Whether a lock is that of a plan.
 * @param file path of the lock, for messages
 * @throws Failure of kind `recipe` with all that does not fit
 */
export function checkLock(plan: Plan, lock: Lock, file: string): void {
  const [first, ...rest] = staleness(plan, lock, file);
  if (first !== undefined) throw new Failure('recipe', [toDo(file, first), ...rest]);
}

/** What does not fit; nothing when the lock is that of the plan. */
export function staleness(plan: Plan, lock: Lock, file: string): Diagnostic[] {
  const { architecture } = plan.recipe;
  if (lock.architecture !== architecture) {
    const place = lineWith(formatLock(lock), '"architecture"', file);
    const what = 'The lock is for another architecture than the recipe.';
    return [{ what, place, expected: architecture, found: lock.architecture }];
  }
  const steps = resolvingSteps(plan);
  const problems = steps.flatMap((step): Diagnostic[] => {
    const locked = lock.steps.find((each) => each.step === step.id);
    const { place } = step;
    if (locked === undefined)
      return [{ what: `The lock has no packages of the step \`${step.id}\`.`, place }];
    if (locked.request === requestDigest(step)) return [];
    return [
      { what: `The step \`${step.id}\` asks for other packages than when the lock was written.`, place },
    ];
  });
  const names = steps.map(({ id }) => id);
  const left = lock.steps.filter(({ step }) => !names.includes(step));
  for (const { step } of left) {
    const place = lineWith(formatLock(lock), `"step": ${JSON.stringify(step)}`, file);
    problems.push({
      what: `The lock has packages of the step \`${step}\`, which the recipe does not have.`,
      place,
    });
  }
  if (problems.length === 0 && lock.steps.some(({ step }, index) => step !== names[index])) {
    problems.push({
      what: 'The steps of the lock are in another order than those of the recipe.',
      place: lineWith(formatLock(lock), '"steps"', file),
      expected: names.join(', '),
      found: lock.steps.map(({ step }) => step).join(', '),
    });
  }
  return problems;
}

/** The packages of a step; none for one that installs nothing. */
export function packagesOf(lock: Lock, step: string): readonly LockedPackage[] {
  return lock.steps.find((each) => each.step === step)?.packages ?? [];
}

/** Packages of native tools for the root; none in a lock for the host's own architecture, or that was written where it is so. */
export function toolsOf(lock: Lock): readonly LockedPackage[] {
  return lock.steps.flatMap(({ tools = [] }) => tools);
}

/** Base URLs of all archives that a plan's steps name. */
export async function archivesOf(plan: Plan, mirror: string | undefined): Promise<ArchiveUrls> {
  const archives: Record<string, readonly string[]> = {};
  for (const { stage, options } of plan.steps) {
    Object.assign(archives, await stage.archives?.({ options, recipe: plan.facts, mirror }));
  }
  return archives;
}

function broken(file: string, problem: Diagnostic): Failure {
  return new Failure('recipe', toDo(file, problem));
}

function toDo(file: string, problem: Diagnostic): Diagnostic {
  return { ...problem, hint: `Run \`npx lunsmith lock ${dirname(file)}\`.` };
}

function at(text: string, start: number, file: string): SourcePlace {
  return placeOf({ source: { file, folder: dirname(file), text }, start, end: start + 1 });
}

/** The line that begins with a key, but for its indentation. */
function lineWith(text: string, key: string, file: string): SourcePlace {
  const start = text.indexOf(key);
  const source = { file, folder: dirname(file), text };
  return placeOf({ source, start: Math.max(start, 0), end: Math.max(start, 0) + key.length });
}

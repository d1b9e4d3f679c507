/**
 * What a signed index (an archive's InRelease) says of itself. Its signature is right when this is read; but one key signs the
 * indexes of many suites and of all times, and a man in the middle could answer with another of them.
 */
import { type Diagnostic, Failure } from '../../../../base/failure.js';
import type { LockedIndex } from '../../../../pipeline/stage.js';
import { fieldOf } from './stanza.js';

/** What was asked for. */
export interface AskedIndex {
  /** Name of the archive, and its URL. */
  readonly archive: string;
  readonly uri: string;
  readonly suite: string;
  /** The moment for which it has to have been valid, in place of now, which apt looks at. */
  readonly snapshot?: Date;
  /** What the lock was written with: an older one is a step back. */
  readonly before?: LockedIndex;
}

/** @param doing as a verb phrase @throws Failure of kind `signature` for the index of another suite or time */
export function checkIndex(text: string, asked: AskedIndex, doing: string): void {
  const wrong = wrongSuite(text, asked) ?? tooOld(text, asked) ?? outsideOfSnapshot(text, asked);
  if (wrong === undefined) return;
  throw new Failure('signature', { ...wrong, what: `Could not ${doing}: ${wrong.what}` });
}

function wrongSuite(text: string, { uri, suite }: AskedIndex): Diagnostic | undefined {
  const names = ['Suite', 'Codename'].flatMap((field) => fieldOf(text, field) ?? []);
  // Security suites were once `NAME/updates`, and say NAME of themselves.
  const wanted = [suite, suite.replace(/\/updates$/, '')];
  // An archive without suites is told by its folder; a small one may have no names at all.
  if (suite.endsWith('/') || names.length === 0 || names.some((name) => wanted.includes(name)))
    return undefined;
  return {
    what: `${uri} answers with the index of another suite.`,
    expected: `Suite or Codename ${suite}`,
    found: `a rightly signed index of ${names.join(', ')}`,
    hint: 'Check the name of the suite; else somebody between this machine and the archive replaces its answers.',
  };
}

function tooOld(text: string, { uri, suite, before, snapshot }: AskedIndex): Diagnostic | undefined {
  const date = dateOf(text, 'Date');
  // A recipe that names a time wants that time, also an earlier one.
  const known = before === undefined || snapshot !== undefined ? undefined : new Date(before.date);
  if (known === undefined || Number.isNaN(known.getTime()) || date === undefined || date >= known)
    return undefined;
  return {
    what: `${uri} answers with an older index of ${suite} than the lock was written with.`,
    expected: `an index of ${iso(known)} or later`,
    found: `a rightly signed index of ${iso(date)}`,
    hint: 'The mirror is behind: wait, or choose another one with `--mirror URL`. To go back on purpose, remove recipe.lock first.',
  };
}

function outsideOfSnapshot(text: string, { uri, suite, snapshot }: AskedIndex): Diagnostic | undefined {
  if (snapshot === undefined) return undefined;
  const [date, until] = [dateOf(text, 'Date'), dateOf(text, 'Valid-Until')];
  const after = date !== undefined && date > snapshot;
  const expired = until !== undefined && until < snapshot;
  if (!after && !expired) return undefined;
  return {
    what: `the index of ${suite} at ${uri} is not that of the snapshot.`,
    expected: `an index that was valid at ${iso(snapshot)}`,
    found: after ? `one of ${iso(date)}` : `one that was valid until ${iso(until as Date)}`,
    hint: 'Check that `mirror` is an archive of snapshots, and that it has one of that time.',
  };
}

/** RFC 3339 in UTC, or `unknown`. */
export function indexDate(text: string): string {
  const date = dateOf(text, 'Date');
  return date === undefined ? 'unknown' : iso(date);
}

/** RFC 3339 in UTC; undefined for one that says no end. */
export function validUntil(text: string): string | undefined {
  const date = dateOf(text, 'Valid-Until');
  return date === undefined ? undefined : iso(date);
}

function dateOf(text: string, field: string): Date | undefined {
  const date = new Date(fieldOf(text, field) ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function iso(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}

/** What `lock` did, as lines for people. */
import type { Lock } from '../../pipeline/plan/lock/lock.js';
import type { LockDiff, PackageChange } from '../../pipeline/plan/lock/lock-diff.js';
import type { Style } from './style.js';
import { formatBytes, plural, table } from './text.js';

export interface LockOutcome {
  /** Name of the recipe. */
  readonly recipe: string;
  /** The lock's path as it is shown. */
  readonly file: string;
  readonly lock: Lock;
  readonly did: 'kept' | 'written';
  /** Against the lock that was there; absent when there was none. */
  readonly diff?: LockDiff;
}

export function lockLines(outcome: LockOutcome, style: Style): string[] {
  const { recipe, file, lock, did, diff } = outcome;
  const packages = lock.steps.flatMap((step) => step.packages);
  const bytes = packages.reduce((sum, each) => sum + each.bytes, 0);
  const holds = `${plural(packages.length, 'package')}, ${formatBytes(bytes)}`;
  if (did === 'kept') {
    return [
      `${style.bold(recipe)}: ${file} fits the recipe and stays as it is (${holds}; --update resolves anew)`,
    ];
  }
  if (diff === undefined) {
    const dates = lock.indexes.map(({ archive, suite, date }) => [`  ${archive} ${suite}`, day(date)]);
    return [`${style.bold(recipe)}: wrote ${file} (${holds})`, ...table(dates)];
  }
  if (diff.packages.length + diff.indexes.length === 0)
    return [`${style.bold(recipe)}: wrote ${file}, with the same packages (${holds})`];
  const total = diff.packages.reduce((sum, change) => sum + change.bytes, 0);
  return [
    `${style.bold(recipe)}: wrote ${file} (${holds}): ${countChanges(diff.packages)}${total === 0 ? '' : `, ${signed(total)}`}`,
    ...packageLines(diff.packages, style),
    ...table(
      diff.indexes.map(({ archive, suite, from, to }) => [
        `  ${archive} ${suite}`,
        arrow(from === undefined ? undefined : day(from), to === undefined ? undefined : day(to)),
      ]),
    ).map((line) => style.dim(line)),
  ];
}

function packageLines(changes: readonly PackageChange[], style: Style): string[] {
  const lines = table(
    changes.map(({ name, from, to, bytes, reason }) => [
      `  ${from === undefined ? '+' : to === undefined ? '-' : '~'} ${name}`,
      arrow(from, to),
      bytes === 0 ? '' : signed(bytes),
      reason,
    ]),
  );
  return lines.map((line, index) => {
    const change = changes[index];
    if (change?.from === undefined) return style.green(line);
    return change.to === undefined ? style.red(line) : line;
  });
}

/** Versions or times as `old -> new`, or the one that there is. */
function arrow(from: string | undefined, to: string | undefined): string {
  if (from === to) return `${from ?? ''} (another file)`;
  return [from, to].filter((each) => each !== undefined).join(' -> ');
}

function countChanges(changes: readonly PackageChange[]): string {
  const counts = [
    [changes.filter(({ from, to }) => from !== undefined && to !== undefined).length, 'changed'],
    [changes.filter(({ from }) => from === undefined).length, 'new'],
    [changes.filter(({ to }) => to === undefined).length, 'gone'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return told.length === 0 ? 'the same packages from newer indexes' : told.join(', ');
}

function signed(bytes: number): string {
  return `${bytes < 0 ? '-' : '+'}${formatBytes(Math.abs(bytes))}`;
}

/** `2026-01-10 09:32` of an RFC 3339 time in UTC. */
function day(date: string): string {
  return date.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}).*$/, '$1 $2');
}

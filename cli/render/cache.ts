/** The store as lines for people: what lies in it, what was removed, what was verified. */
import type { ArchiveReport } from '../../pipeline/store/archive-report.js';
import type { Amount, GarbageReport, Over } from '../../pipeline/store/garbage/report.js';
import type { ListedEntry, StoreList } from '../../pipeline/store/list.js';
import type { Damage, VerifyReport } from '../../pipeline/store/verify-report.js';
import type { Style } from './style.js';
import { formatAge, formatBinary, formatBytes, plural, shortPath, table } from './text.js';

export interface CacheSurroundings {
  readonly style: Style;
  readonly cwd: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function listLines(list: StoreList, { style, cwd, now }: CacheSurroundings): string[] {
  const { entries, packages, incomplete, shared, released } = list;
  const at = shortPath(list.store, cwd);
  if (entries.length + packages.count + incomplete === 0) return [`Nothing is kept yet in ${at}.`];
  const rows = entries.map((entry) => [
    shortKey(entry.key),
    entry.kind,
    `${entry.recipe}  ${entry.step}`,
    formatBytes(entry.bytes + entry.shared + entry.released),
    ageOf(entry.used, now),
    usersOf(entry),
  ]);
  const kinds = (['layer', 'output', 'part'] as const).map((kind) => {
    const some = entries.filter((entry) => entry.kind === kind);
    return { noun: kind, count: some.length, bytes: sumOf(some) };
  });
  const amounts = [...kinds, { noun: 'shared file', ...shared }, { noun: 'package', ...packages }].filter(
    ({ count }) => count > 0,
  );
  return [
    ...(rows.length === 0
      ? []
      : [
          ...table([['key', 'kind', 'recipe  step', 'size', 'used', 'in use by'].map(style.bold), ...rows]),
          '',
        ]),
    ...table(amounts.map(({ noun, count, bytes }) => [plural(count, noun), formatBytes(bytes)])),
    `${formatBytes(sumOf(amounts))} in ${at}`,
    ...(released.bytes === 0 ? [] : [`${formatBytes(released.bytes)} more belong to releases as well.`]),
    ...(incomplete === 0 ? [] : [`${countEntries(incomplete)} without a record: being made, or cut short.`]),
  ];
}

/** By whom an entry is needed: `2 releases, a running build`. */
export function usersOf({
  releases,
  builds,
  failed,
}: Pick<ListedEntry, 'releases' | 'builds' | 'failed'>): string {
  const users = [
    ...(releases.length === 0 ? [] : [plural(releases.length, 'release')]),
    ...(builds.length === 0 ? [] : [plural(builds.length, 'running build')]),
    ...(failed.length === 0 ? [] : [plural(failed.length, 'failed build')]),
  ];
  return users.length === 0 ? '-' : users.join(', ');
}

export function garbageLines(report: GarbageReport, { style, cwd, now }: CacheSurroundings): string[] {
  const { dryRun, before, after, budget, entries, packages, incomplete, failed } = report;
  const { indexes, leftovers } = report;
  const others: readonly (readonly [string, Amount])[] = [
    [plural(packages.count, 'package'), packages],
    [`${countEntries(incomplete.count)} without a record`, incomplete],
    [`${plural(indexes.count, 'set')} of indexes that nothing was resolved against for a month`, indexes],
    [`${plural(failed.count, 'tree')} of failed steps`, failed],
    [`${plural(leftovers.count, 'leftover')} of interrupted work`, leftovers],
  ];
  const rows = entries.map((entry) => [
    `  ${shortKey(entry.key)}`,
    entry.kind,
    `${entry.recipe}  ${entry.step}`,
    formatBytes(entry.bytes),
    `used ${ageOf(entry.used, now)}`,
  ]);
  const freed = before - after + incomplete.bytes + indexes.bytes + failed.bytes + leftovers.bytes;
  const at = shortPath(report.store, cwd);
  return [
    ...table(rows),
    ...others
      .filter(([, { count }]) => count > 0)
      .map(([text, { bytes }]) => `  ${text}, ${formatBytes(bytes)}`),
    `${style.bold(`${dryRun ? 'Would free' : 'Freed'} ${formatBytes(freed)}`)}: ${formatBytes(after)} of at most ${formatBinary(budget)} ${dryRun ? 'would be left' : 'are left'} in ${at}`,
    ...(report.over === undefined ? [] : [style.yellow(overLine(report.over, cwd))]),
  ];
}

/** `still 3.1 GB over the budget: 4 releases in out use them`. */
function overLine({ bytes, releases, builds, failed, downloads }: Over, cwd: string): string {
  // `<output>/<recipe>/releases/<digest>`.
  const homes = releases.map((path) => path.split('/').slice(0, -3).join('/') || '/');
  const users = [
    ...[...new Set(homes)].map((home) => {
      const count = homes.filter((each) => each === home).length;
      return { count, text: `${plural(count, 'release')} in ${shortPath(home, cwd)}` };
    }),
    { count: builds.length, text: plural(builds.length, 'running build') },
    { count: failed.length, text: `${plural(failed.length, 'kept tree')} of a failed step` },
    { count: downloads, text: plural(downloads, 'interrupted download') },
  ].filter(({ count }) => count > 0);
  const many = users.reduce((sum, { count }) => sum + count, 0) > 1;
  const names = users.map(({ text }) => text).join(', ');
  return `still ${formatBytes(bytes)} over the budget: ${names} ${many ? 'use' : 'uses'} them`;
}

/** @param done what was done with them: `Exported`, `Imported` */
export function archiveLines(
  { folder, layers, packages, refused }: ArchiveReport,
  done: string,
  { style, cwd }: Pick<CacheSurroundings, 'style' | 'cwd'>,
): string[] {
  const what = `${plural(layers.count, 'layer')} (${formatBytes(layers.bytes)}) and ${plural(packages.count, 'package')} (${formatBytes(packages.bytes)})`;
  return [
    ...refused.map((each) => style.yellow(`left out ${each}`)),
    `${style.bold(done)} ${what}: ${shortPath(folder, cwd)}`,
  ];
}

export function verifyLines(report: VerifyReport, { style, cwd }: CacheSurroundings): string[] {
  const { entries, packages, bytes, damaged } = report;
  const read = `${countEntries(entries)} and ${plural(packages, 'package')}, ${formatBytes(bytes)}, in ${shortPath(report.store, cwd)}`;
  if (damaged.length === 0) return [`${style.green('✔')} ${read}: all as they were written`];
  const removed = damaged.filter(({ outcome }) => outcome === 'removed');
  return [
    ...removed.map((each) => `removed ${damagedName(each)}: ${each.problem}`),
    `${style.red('✘')} ${read}: ${damaged.length} damaged, ${removed.length} removed`,
  ];
}

/** `the layer 3f2a1b4c5d6e, packages of debian-bookworm`. */
export function damagedName({ what, id, record }: Damage): string {
  const name = `the ${what === 'package' ? 'package file' : what} ${shortKey(id)}`;
  return record === undefined ? name : `${name}, ${record.step} of ${record.recipe}`;
}

export function shortKey(key: string): string {
  return key.slice(0, 12);
}

export function ageOf(time: string, now: number): string {
  return formatAge((now - Date.parse(time)) / 1000);
}

function countEntries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}

function sumOf(things: readonly { readonly bytes: number }[]): number {
  return things.reduce((sum, { bytes }) => sum + bytes, 0);
}

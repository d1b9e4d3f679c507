/** One entry of the store with all that went into it, as lines for people. */
import { describeChange } from '../../pipeline/plan/keys/explain.js';
import type { ExplainedEntry, Neighbour } from '../../pipeline/store/explain-entry.js';
import { ageOf, type CacheSurroundings, shortKey, usersOf } from './cache.js';
import { cleanLine, fit, formatBytes, formatSeconds, plural, shortPath, table } from './text.js';

/** Cells of a value that a line shows. */
const VALUE_CELLS = 100;

export function entryLines(entry: ExplainedEntry, { style, cwd, now }: CacheSurroundings): string[] {
  const { key, kind, recipe, step, made, seconds, used, files } = entry;
  const whole = formatBytes(entry.bytes + entry.shared + entry.released);
  const part = (bytes: number, whose: string) =>
    bytes === 0 ? '' : `, ${formatBytes(bytes)} of it belong to ${whose} as well`;
  const others = part(entry.released, 'a release') + part(entry.shared, 'other entries');
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', style.bold(title), ...lines.map((line) => `  ${line}`)];
  return [
    ...table([
      [style.bold('Key'), key],
      [style.bold('What'), `${kind} of ${recipe}, step ${step}`],
      [style.bold('Made'), `${made}, in ${formatSeconds(seconds)}`],
      [style.bold('Used'), ageOf(used, now)],
      [style.bold('Size'), `${whole} in ${plural(files, 'name')}${others}`],
      [style.bold('In use by'), usersOf(entry)],
    ]),
    ...[...entry.releases, ...entry.builds, ...entry.failed].map((name) => `  ${shortPath(name, cwd)}`),
    ...section('Stands on', standsOn(entry)),
    ...section('Recorded', valueRows(entry.records)),
    ...neighbourLines('Newer', entry.newer, section),
    ...neighbourLines('Older', entry.older, section),
    ...section('Inputs', inputLines(entry)),
  ];
}

function standsOn({ below }: ExplainedEntry): string[] {
  return table(
    below.map(({ key, recipe, step }) => [
      shortKey(key),
      step === undefined ? 'no longer kept' : `${recipe ?? ''}  ${step}`,
    ]),
  );
}

function neighbourLines(
  which: string,
  neighbour: Neighbour | undefined,
  section: (title: string, lines: readonly string[]) => string[],
): string[] {
  if (neighbour === undefined) return [];
  const { key, made, changes } = neighbour;
  const lines = changes.map(describeChange);
  return section(`${which} entry of the same step: ${shortKey(key)} of ${made}, older -> newer`, lines);
}

/** Every input under its name; secrets are known by HMACs alone. */
function inputLines({ inputs }: ExplainedEntry): string[] {
  const { stage, code, options, facts, files, secrets, tools, surroundings, packages, below } = inputs;
  const groups: readonly (readonly [string, unknown])[] = [
    ['options', options],
    ['facts', facts],
    ['files', files],
    ['secrets, by HMAC', secrets],
    ['tools', tools],
    ['surroundings', surroundings],
    ['packages', packages],
  ];
  const single = { stage, code, ...(below === undefined ? {} : { below }) };
  return [
    ...valueRows(single),
    ...groups.flatMap(([name, value]) => {
      const rows = valueRows(value);
      return rows.length === 0 ? [] : [name, ...rows.map((row) => `  ${row}`)];
    }),
  ];
}

/** Name and value of each member, sorted; digests by their first digits. */
function valueRows(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [shown(value)];
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return table(members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, shown(member)]));
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const short = text.replace(/[0-9a-f]{64}/g, (digest) => `${shortKey(digest)}…`);
  return fit(cleanLine(short.replaceAll('\n', '⏎')), VALUE_CELLS);
}

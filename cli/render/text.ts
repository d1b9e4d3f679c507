/** Small pure helpers that turn values into text for people: widths, sizes, times, paths and commands. */
import path from 'node:path';
import type { Event } from '../../base/event.js';
import { shellWord } from '../../base/shell-word.js';

const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;
/** East Asian wide and full-width blocks, and pictures: two cells (Unicode UAX #11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]/u;
/** Made when it is first used: that takes 10 ms, which a command that prints JSON does not need. */
let segmenter: Intl.Segmenter | undefined;

/** A tool's line as it may be shown: no control sequence survives, and of text redrawn with `\r` the last one stays. */
export function cleanLine(line: string): string {
  const drawn = line.replace(ESCAPES, '').replace(/\r+$/, '').split('\r').at(-1) ?? '';
  return drawn.replaceAll('\t', '  ').replace(CONTROLS, '');
}

/** Cells that a text without control characters takes on a terminal; colour sequences take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemesOf(text.replace(ESCAPES, ''))) width += graphemeWidth(segment);
  return width;
}

function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme)) return 2;
  return ZERO.test(grapheme) ? 0 : 1;
}

/** The text cut to `width` cells, its end replaced by `…` when it is longer. The text must hold no colour. */
export function fit(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let cut = '';
  let used = 0;
  for (const { segment } of graphemesOf(text)) {
    const next = graphemeWidth(segment);
    if (used + next > width - 1) break;
    cut += segment;
    used += next;
  }
  return width < 1 ? '' : `${cut}…`;
}

/** `512 B`, `1.5 kB`, `120 MB`, `4.3 GB`: powers of 1000, three digits. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  let value = bytes;
  let unit = 0;
  while (Number(value.toPrecision(3)) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit] ?? 'TB'}`;
}

/** `512 MiB`, `4 GiB`, `1.25 GiB`: powers of 1024, for sizes of disks and partitions, which are whole MiB. */
export function formatBinary(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(2))} ${units[unit] ?? 'TiB'}`;
}

/** `4.2 s`, `59.9 s`, `1 min 05 s`, `1 h 02 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** How long ago something was, coarsely: `just now`, `5 min ago`, `3 h ago`, `12 d ago`. */
export function formatAge(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`;
}

/** The path from `cwd` where that is shorter than the absolute one. */
export function shortPath(absolute: string, cwd: string): string {
  if (!path.isAbsolute(absolute)) return absolute;
  const relative = path.relative(cwd, absolute) || '.';
  return relative.length < absolute.length ? relative : absolute;
}

/** An argv quoted for reading and for pasting into a shell. */
export function quoteArgv(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(word.replaceAll('\0', '\ufffd'))))
    .join(' ');
}

/** Why a step runs, as a tail of its line: the first input that changed, and how many more. */
export function because(changes: readonly string[] = []): string {
  const [first, ...more] = changes;
  if (first === undefined) return '';
  return `, because of ${first}${more.length === 0 ? '' : ` and ${plural(more.length, 'more change')}`}`;
}

/** How long something took the last time, as a tail of its line; of what is over at once nothing is said. */
export function byLastTime(seconds: number | undefined): string {
  return seconds === undefined || seconds < 10
    ? ''
    : `, about ${formatSeconds(Math.round(seconds))} by the last time`;
}

/** The text in lines of at most `width` cells, broken between words; a word that is longer stands by itself, and may be cut by the terminal. */
export function wrapWords(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const next = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(next) > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = next;
  }
  return [...lines, line];
}

/** `1 step`, `3 steps`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Rows of cells as lines; every column but the last is padded to its widest cell. */
export function table(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1
          ? cell
          : cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell) + gap),
      )
      .join('')
      .trimEnd(),
  );
}

/** What `check` says of a recipe that is right. */
export function checkedLine(
  { recipe, path, steps, packages }: Extract<Event, { readonly type: 'checked' }>,
  cwd: string,
): string {
  const asked = packages === undefined ? [] : [plural(packages.count, 'package')];
  const said = [plural(steps.length, 'step'), ...asked, 'nothing is missing'].join(', ');
  const changed = packages?.changed ?? 0;
  const newer =
    changed === 0 ? '' : `; the archives have another version of ${changed}, which \`lock --update\` takes`;
  return `${recipe}: ${said}${newer}  (${shortPath(path, cwd)})`;
}

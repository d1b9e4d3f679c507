/**
 * config.txt as the firmware of a Raspberry Pi reads it (Raspberry Pi documentation, "config.txt"): lines of at most 98
 * characters, `key=value` but for `initramfs` and `include`, and filters in brackets.
 */
import type { Model } from './models.js';

/** Characters of a line that are read. */
export const LINE_LIMIT = 98;
/** Characters of a line that names initramfs files. */
export const INITRAMFS_LIMIT = 80;

/** Who reads it, as filters compare it. */
export interface Reader {
  readonly model: Model;
  /** Hex digits. */
  readonly serial: string;
  /** Whether the reboot asked for the tryboot files. Default false. */
  readonly tryboot?: boolean;
}

export interface Setting {
  readonly key: string;
  /** Of `initramfs` all that follows the word. */
  readonly value: string;
  /** Path of its file as it was asked for, and the line there, from 1 on. */
  readonly file: string;
  readonly line: number;
}

export interface ConfigNote {
  readonly kind: 'long-line' | 'unknown-filter' | 'no-setting' | 'initramfs-equals';
  readonly file: string;
  readonly line: number;
  /** What the line says. */
  readonly text: string;
}

export interface ConfigText {
  readonly settings: readonly Setting[];
  readonly notes: readonly ConfigNote[];
}

export interface ConfigLine {
  readonly number: number;
  /** As far as it is read, without spaces around. */
  readonly text: string;
  readonly cut: boolean;
  /** The filters that stand above it. */
  readonly filters: readonly string[];
  readonly kind: 'empty' | 'comment' | 'filter' | 'entry';
}

/** The lines of a file with the filters above each. @param before filters that hold at its beginning */
export function configLines(text: string, before: readonly string[] = []): ConfigLine[] {
  let filters = before;
  return text.split('\n').map((whole, index) => {
    const line = configLine(whole, index + 1, filters);
    filters = line.filters;
    return line;
  });
}

function configLine(whole: string, number: number, above: readonly string[]): ConfigLine {
  const text = whole.slice(0, LINE_LIMIT).trim();
  const common = { number, text, cut: whole.trimEnd().length > LINE_LIMIT, filters: above };
  if (text === '') return { ...common, kind: 'empty' };
  if (text.startsWith('#')) return { ...common, kind: 'comment' };
  const filter = /^\[(.+)\]$/.exec(text)?.[1];
  if (filter === undefined) return { ...common, kind: 'entry' };
  return { ...common, kind: 'filter', filters: afterFilter(above, filter) };
}

function afterFilter(filters: readonly string[], filter: string): readonly string[] {
  if (filter === 'all') return [];
  const type = filterType(filter);
  return [...filters.filter((each) => filterType(each) !== type), filter];
}

/** Undefined for one that no firmware knows. */
function filterType(filter: string): string | undefined {
  if (/^(?:pi\d+\+?|pi0w|pi02|cm\d+s?|board-type=.+)$/.test(filter)) return 'model';
  if (/^0x[0-9a-f]+$/i.test(filter)) return 'serial';
  return /^(?:none|tryboot|EDID(?==)|gpio(?=\d)|HDMI(?=:)|(?:boot_)?partition(?==))/.exec(filter)?.[0];
}

/** What cannot be known of a Pi from afar (its display, its pins) counts as not there. */
function matches(filter: string, { model, serial, tryboot = false }: Reader): boolean {
  const board = /^board-type=(0x[0-9a-f]+|\d+)$/i.exec(filter)?.[1];
  if (board !== undefined) return Number(board) === model.boardType;
  if (/^0x[0-9a-f]+$/i.test(filter)) return sameNumber(filter.slice(2), serial);
  if (filter === 'tryboot') return tryboot;
  return model.filters.includes(filter);
}

/** The filter may hold any number of digits; firmware compares the last 32 bits. */
function sameNumber(a: string, b: string): boolean {
  const low = (digits: string) => digits.toLowerCase().padStart(8, '0').slice(-8);
  return low(a) === low(b);
}

export interface ReadConfig {
  readonly file: string;
  /** Gives the text of an included file; absent: this reader knows no `include`, and passes over it. */
  readonly include?: (name: string) => Promise<string | undefined>;
}

/** Includes within includes; a file that includes itself ends there. */
const DEPTH = 8;

/** The settings that hold for one Pi, in the order in which they stand. */
export async function readConfig(
  text: string,
  reader: Reader,
  { file, include }: ReadConfig,
): Promise<ConfigText> {
  const settings: Setting[] = [];
  const notes: ConfigNote[] = [];
  const take = async (
    from: string,
    name: string,
    before: readonly string[],
    depth: number,
  ): Promise<readonly string[]> => {
    let filters = before;
    for (const [index, line] of from.split('\n').entries()) {
      const { number, text: said, cut, kind, filters: now } = configLine(line, index + 1, filters);
      filters = now;
      const note = (what: ConfigNote['kind']) =>
        notes.push({ kind: what, file: name, line: number, text: said });
      if (kind === 'filter' && filterType(said.slice(1, -1)) === undefined && said !== '[all]')
        note('unknown-filter');
      if (kind !== 'entry' || !now.every((filter) => matches(filter, reader))) continue;
      if (cut) note('long-line');
      const other = /^include\s+(\S+)$/.exec(said)?.[1];
      if (other !== undefined) {
        const included = depth < DEPTH ? await include?.(other) : undefined;
        if (included !== undefined) filters = await take(included, other, filters, depth + 1);
        continue;
      }
      const entry = entryOf(said);
      if (typeof entry === 'string') note(entry);
      else settings.push({ ...entry, file: name, line: number });
    }
    return filters;
  };
  await take(text, file, [], 0);
  return { settings, notes };
}

export function entryOf(text: string): Pick<Setting, 'key' | 'value'> | 'no-setting' | 'initramfs-equals' {
  const initramfs = /^initramfs\s+(\S.*)$/.exec(text)?.[1];
  if (initramfs !== undefined) return { key: 'initramfs', value: initramfs };
  const equals = text.indexOf('=');
  if (equals <= 0) return 'no-setting';
  const key = text.slice(0, equals).trim();
  return key === 'initramfs' ? 'initramfs-equals' : { key, value: text.slice(equals + 1).trim() };
}

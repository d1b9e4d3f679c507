/** Changes single settings of a config.txt in place: what stands there already, its comments and its filters stay. */
import { Failure } from '../../../base/failure.js';
import { configLines, entryOf, INITRAMFS_LIMIT, LINE_LIMIT } from './config-txt.js';

export interface ConfigEdit {
  /** The filter below which it stands, without brackets; absent: for every model. */
  readonly filter?: string;
  readonly key: string;
  /** Of `initramfs` all that follows the word. */
  readonly value: string;
}

/**
 * The text with the settings. A setting that stands there below the same filter, and that nothing after it may override, gets its
 * value where it is; any other is added at the end.
 * @throws Failure of kind `recipe` for a line that is longer than what firmware reads
 */
export function editConfig(text: string, edits: readonly ConfigEdit[]): string {
  return edits.reduce(editOne, text);
}

function editOne(text: string, edit: ConfigEdit): string {
  const wanted = lineOf(edit);
  const filters = edit.filter === undefined ? [] : [edit.filter];
  const lines = configLines(text);
  const same = lines.filter((line) => line.kind === 'entry' && keyOf(line.text) === edit.key);
  const last = same.at(-1);
  const written = text.split('\n');
  if (last !== undefined && sameFilters(last.filters, filters)) {
    const end = written[last.number - 1]?.endsWith('\r') === true ? '\r' : '';
    written[last.number - 1] = wanted + end;
    return written.join('\n');
  }
  const head = edit.filter === undefined ? [] : [`[${edit.filter}]`];
  const above = lines.at(-1)?.filters ?? [];
  const reset = above.length > 0 ? ['[all]'] : [];
  const foot = edit.filter === undefined ? [] : ['[all]'];
  const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${whole}${[...reset, ...head, wanted, ...foot].join('\n')}\n`;
}

function keyOf(text: string): string | undefined {
  const entry = entryOf(text);
  return typeof entry === 'string' ? undefined : entry.key;
}

function sameFilters(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((filter, index) => filter === b[index]);
}

function lineOf({ key, value }: ConfigEdit): string {
  const [line, limit] =
    key === 'initramfs' ? [`initramfs ${value}`, INITRAMFS_LIMIT] : [`${key}=${value}`, LINE_LIMIT];
  if (line.length <= limit && !line.includes('\n')) return line;
  throw new Failure('recipe', {
    what: `The firmware of a Raspberry Pi would not read all of this line of config.txt: ${line}`,
    expected: `one line of at most ${limit} characters`,
    found: `${line.length} characters`,
  });
}

/** Machines as a table, with a line of headings: RFC 4180, also with `;` or tabs between the columns. */
import { CsvError, type Info, parse } from 'csv-parse/sync';
import { Failure } from '../../../base/failure.js';
import { didYouMean } from '../../../base/suggest.js';
import { MACHINE_KEYS, type Machine, type MachineKey } from './machine.js';

const COLUMNS = ['name', ...MACHINE_KEYS];

/** Whether it begins with headings of which one at least is known. */
export function isTable(text: string): boolean {
  const [first = ''] = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter((line) => !/^\s*(?:#|$)/.test(line));
  const words = first.split(/[,;\t]/).map((word) => word.replaceAll('"', '').trim().toLowerCase());
  return words.length > 1 && words.some((word) => COLUMNS.includes(word));
}

/** @param file how messages name it @throws Failure of kind `usage` for a table that is none, or has a column that says nothing here */
export function parseCsv(text: string, file: string): Machine[] {
  const rows = rowsOf(text, file);
  return rows.map(({ record, info }) => {
    const { name, ...facts } = Object.fromEntries(
      Object.entries(record).filter(([, value]) => value !== ''),
    ) as Partial<Record<MachineKey | 'name', string>>;
    return { name, facts, line: info.lines };
  });
}

interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: Info;
}

function rowsOf(text: string, file: string): Row[] {
  try {
    // With `info` the library gives other records than its types say.
    return parse(text, {
      bom: true,
      columns: (header: string[]) => headings(header, file),
      comment: '#',
      comment_no_infix: true,
      delimiter: [',', ';', '\t'],
      info: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    }) as unknown as Row[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = 'lines' in error && typeof error.lines === 'number' ? error.lines : 1;
    throw new Failure('usage', {
      what: 'This is no table.',
      place: { file, line, column: 1 },
      expected: `a line of headings (${COLUMNS.join(', ')}), and lines with as many columns`,
      found: error.message,
    });
  }
}

function headings(header: readonly string[], file: string): string[] {
  const names = header.map((each) => each.toLowerCase());
  const place = { file, line: 1, column: 1 };
  const unknown = names.filter((name) => !COLUMNS.includes(name));
  const [first, ...more] = unknown.map((name) => ({
    what: `No column of a client is called \`${name}\`.`,
    place,
    expected: `some of ${COLUMNS.join(', ')}`,
    ...didYouMean(name, COLUMNS),
  }));
  if (first !== undefined) throw new Failure('usage', [first, ...more]);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw new Failure('usage', { what: `Two columns are called \`${twice}\`.`, place });
}

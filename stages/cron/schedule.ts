/** When a job of cron runs, as crontab(5) of Debian and of cronie have it. */

interface Field {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** Names of the numbers from the first on. */
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** Days that the longest of them has. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const FIELDS: readonly Field[] = [
  { name: 'minute', first: 0, last: 59 },
  { name: 'hour', first: 0, last: 23 },
  { name: 'day of the month', first: 1, last: 31 },
  { name: 'month', first: 1, last: 12, names: MONTHS },
  { name: 'day of the week', first: 0, last: 7, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

const NICKNAMES = [
  ...['@reboot', '@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'],
] as const;

export const A_SCHEDULE = `minute, hour, day of the month, month and day of the week, such as \`15 3 * * *\`, or one of ${NICKNAMES.join(', ')}`;

/** What is wrong with it, as an expectation; undefined: nothing. */
export function scheduleProblem(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('@'))
    return (NICKNAMES as readonly string[]).includes(trimmed) ? undefined : A_SCHEDULE;
  const parts = trimmed.split(/[ \t]+/);
  if (parts.length !== FIELDS.length || text.includes('\n')) return A_SCHEDULE;
  const sets: (readonly number[])[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const part = parts[index] ?? '';
    const numbers = numbersOf(part, field);
    if (numbers === undefined) return `as ${field.name} ${wordsOf(field)}; not \`${part}\``;
    sets.push(numbers);
  }
  const [, , days = [], months = []] = sets;
  // A day of the week, beside a day of the month, is enough for the job to run, where neither begins with `*`.
  const never =
    (parts[4]?.startsWith('*') === true || parts[2]?.startsWith('*') === true) &&
    !months.some((month) => days.some((day) => day <= (DAYS[month - 1] ?? 0)));
  return never ? 'a day that one of these months has' : undefined;
}

function wordsOf({ first, last, names }: Field): string {
  const named = names === undefined ? '' : ` or ${names[0]} to ${names.at(-1)}`;
  return `\`*\`, ${first} to ${last}${named}, ranges such as \`${first}-${first + 2}\`, steps such as \`*/2\`, or several of these joined by \`,\``;
}

/** All that it means, in no order; undefined for what is none. */
function numbersOf(text: string, field: Field): readonly number[] | undefined {
  const all: number[] = [];
  for (const item of text.split(',')) {
    const [, from = '', to, step] =
      /^(\*|[0-9A-Za-z]+)(?:-([0-9A-Za-z]+))?(?:\/0*([1-9]\d*))?$/.exec(item) ?? [];
    const whole = from === '*';
    // What a step is of begins somewhere and ends somewhere.
    if ((whole && to !== undefined) || (!whole && to === undefined && step !== undefined)) return undefined;
    const first = whole ? field.first : numberOf(from, field);
    const last = whole ? field.last : to === undefined ? first : numberOf(to, field);
    const width = Number(step ?? 1);
    if (first === undefined || last === undefined || last < first || width > field.last) return undefined;
    for (let each = first; each <= last; each += width) all.push(each);
  }
  return all;
}

function numberOf(text: string, { first, last, names = [] }: Field): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named !== -1) return first + named;
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= first && number <= last ? number : undefined;
}

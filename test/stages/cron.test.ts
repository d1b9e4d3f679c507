import { expect, it } from 'vitest';
import { scheduleProblem } from '../../stages/cron/schedule.js';
import { cron, cronPath, cronText } from '../../stages/cron.js';

it.each([
  '* * * * *',
  '0 0 1 1 0',
  '59 23 31 12 7',
  '*/5 8-18/2 1,15 jan-mar Mon-5',
  '0,30  2\t* * sun',
  '*/05 00-23/02 * * *',
  ' @reboot ',
  // It has a day of the week to run on.
  '0 0 31 feb mon',
  '0 0 29 2 *',
  '@reboot',
  '@daily',
])('a schedule is %j', (text) => {
  expect(scheduleProblem(text)).toBeUndefined();
});

it.each([
  ['', 'minute, hour'],
  ['* * * *', 'minute, hour'],
  ['* * * * * root', 'minute, hour'],
  ['@dayly', 'minute, hour'],
  ['60 * * * *', 'as minute `*`, 0 to 59'],
  ['* 24 * * *', '; not `24`'],
  ['* * 0 * *', '; not `0`'],
  ['* * * 13 *', '; not `13`'],
  ['* * * foo *', '; not `foo`'],
  ['* * * * 8', '; not `8`'],
  ['5/2 * * * *', '; not `5/2`'],
  ['*-5 * * * *', '; not `*-5`'],
  ['5-2 * * * *', '; not `5-2`'],
  ['*/0 * * * *', '; not `*/0`'],
  ['1, * * * *', '; not `1,`'],
  ['-1 * * * *', '; not `-1`'],
  ['* * * jan-fri *', '; not `jan-fri`'],
  ['0 0 31 4,6 *', 'a day that one of these months has'],
  // Where one of both days begins with a star, a job runs on days that are both.
  ['0 0 31 2 */2', 'a day that one of these months has'],
  ['0 0 30 feb *', 'a day that one of these months has'],
])('%j is none', (text, expected) => {
  expect(scheduleProblem(text)).toContain(expected);
});

it('jobs stand in a file with users, and a percent sign in them is one', () => {
  expect(cronPath('nightly')).toBe('/etc/cron.d/nightly');
  expect(
    cronText({
      jobs: [{ schedule: '@hourly', user: 'app', command: 'date +%F' }],
      environment: { MAILTO: '' },
    }),
  ).toBe('MAILTO=""\n@hourly app date +\\%F\n');
});

/** What check says of it. */
function findings(command: string, environment: Readonly<Record<string, string>> = {}) {
  const options = cron.options.parse({ jobs: [{ schedule: '@daily', command }], environment });
  return cron.check?.({ options } as Parameters<NonNullable<typeof cron.check>>[0]) ?? [];
}

it.each([
  ['date +\\%F', 'no backslash before `%` or before another backslash', '`\\%`'],
  ["printf 'a\\\\n'", 'no backslash before `%` or before another backslash', '`\\\\`'],
  ['x'.repeat(999), 'at most 998 bytes, with a backslash for each `%`', '999'],
  [`${'é'.repeat(499)}%`, 'at most 998 bytes, with a backslash for each `%`', '1000'],
])('refuses the command %j, which cron would change', (command, expected, found) => {
  expect(findings(command)).toMatchObject([{ path: ['jobs', 0, 'command'], expected, found }]);
});

it('refuses a variable that is longer than cron reads', () => {
  expect(findings('true', { A: 'x'.repeat(995) })).toMatchObject([
    { path: ['environment', 'A'], found: '999' },
  ]);
  expect(findings(`printf '\\d%s\\n'${'x'.repeat(900)}`, { A: 'x'.repeat(994) })).toEqual([]);
});

import { expect, it } from 'vitest';
import { scheduleProblem } from '../../stages/cron/schedule.js';
import { cronPath, cronText } from '../../stages/cron.js';

it.each([
  '* * * * *',
  '0 0 1 1 0',
  '59 23 31 12 7',
  '*/5 8-18/2 1,15 jan-mar Mon-5',
  '0,30  2\t* * sun',
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

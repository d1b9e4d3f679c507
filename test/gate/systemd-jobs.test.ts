import { expect, it } from 'vitest';
import { causeOf } from '../../gate/systemd-jobs.js';

/** A console.log: the seconds of each line, and the line. */
const log = (...lines: [number, string][]) =>
  lines.map(([at, line]) => `${at.toFixed(2).padStart(8)}  ${line}\n`).join('');

const DEVICE = '/dev/disk/by-uuid/4a2c';
const WAITS = (passed: string) => `[  *** ] A start job is running for ${DEVICE} (${passed} / 1min 30s)`;

it.each<[string, string, string | undefined]>([
  ['nothing', '', undefined],
  ['a boot that came up', log([1, 'SAN boot, attempt 1'], [20, '[  OK  ] Started ssh.service.']), undefined],
  [
    'a job that is waited for',
    log([30, WAITS('5s')], [31, '[    4.2] random: crng init done'], [103.4, WAITS('1min 18s')]),
    `since 25 s: A start job is running for ${DEVICE} (1min 18s / 1min 30s)`,
  ],
  [
    'a job without a limit, one of several',
    log([7261, '[ ***  ] (2 of 3) A start job is running for Wait for Network (2h 1s / no limit)']),
    'since 60 s: A start job is running for Wait for Network (2h 1s / no limit)',
  ],
  ['a job that came to its end', log([30, WAITS('5s')], [31, `[  OK  ] Found device ${DEVICE}.`]), undefined],
  [
    'a disk that is not there',
    log(
      [110, WAITS('1min 28s')],
      [112, `[ TIME ] Timed out waiting for device ${DEVICE}.`],
      [112.2, '[DEPEND] Dependency failed for /srv.'],
      [112.3, '[DEPEND] Dependency failed for Local File Systems.'],
      [112.4, '[DEPEND] Dependency failed for the rest.'],
      [113, 'You are in emergency mode. After logging in, type "journalctl -xb" to view'],
    ),
    `at 112 s: Timed out waiting for device ${DEVICE}.; at 112 s: Dependency failed for /srv.; at 112 s: Dependency failed for Local File Systems.`,
  ],
  [
    'a stop that hangs',
    log([90, '[ ***  ] A stop job is running for Session 1 of User root (40s / 1min 30s)']),
    'since 50 s: A stop job is running for Session 1 of User root (40s / 1min 30s)',
  ],
  [
    'a stop of a unit by its name',
    log([90, '[ ***  ] Job open-iscsi.service/stop running (18s / 1min 48s)']),
    'since 72 s: Job open-iscsi.service/stop running (18s / 1min 48s)',
  ],
  [
    'the boot before the last',
    log([30, '[FAILED] Failed to mount /srv.'], [60, 'Direct boot, attempt 1'], [90, 'Linux']),
    undefined,
  ],
])('%s', (_, text, cause) => {
  expect(causeOf(text)).toBe(cause);
});

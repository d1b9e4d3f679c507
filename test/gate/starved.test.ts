import { describe, expect, it } from 'vitest';
import type { Symptom } from '../../artifacts/release/symptoms.js';
import { check } from '../../gate/checks.js';
import { starved } from '../../gate/starved.js';

const LOGIN = check('boot 1', true, 'login prompt after 400 s');
const UNITS = check('units', false, 'failed: ssh.service');
const BOOT = check('boot to a login', false, 'the system started in emergency mode');
const KERNEL = check('kernel', false, '6.1.0-1-amd64');

const symptom = (kind: Symptom['kind']): Symptom => ({ kind, line: 'so' });
/** What a client has that was waited for until a proof's end, with no word of systemd. */
const ANY = { ranOut: undefined, lived: undefined, mostOwed: 0.5 } as const;
/** A run of 400 s. */
const owing = (owed: number) =>
  [
    { at: 1000, worked: 5, owed: 20 },
    { at: 1400, worked: 60, owed: 20 + owed },
  ] as const;
const AS =
  'The client’s own clocks may have run out, for the host kept it waiting for a processor or a disk for';

describe('on a host that owed the client most of the time', () => {
  it.each([
    ['a unit that failed', undefined, [LOGIN, UNITS], 'units: failed: ssh.service'],
    ['emergency mode', symptom('emergency'), [BOOT], `boot to a login: ${BOOT.found}`],
    [
      'no root in the initramfs, in a cell that is to be refused',
      symptom('initramfs-shell'),
      [BOOT, check('the login is refused', false, 'no refusal seen')],
      `boot to a login: ${BOOT.found}; the login is refused: no refusal seen`,
    ],
  ])('%s decides nothing', (_, seen, checks, found) => {
    expect(starved({ ...ANY, symptom: seen, checks, vitals: owing(300) })).toBe(
      `${found}. ${AS} 300 of 400 s.`,
    );
  });

  it.each([
    ['what passed', undefined, [LOGIN]],
    ['a panic', symptom('panic'), [BOOT]],
    ['a boot loader without its files', symptom('boot-loader'), [BOOT]],
    ['a client that stood still', undefined, [BOOT]],
    ['another kernel', undefined, [LOGIN, KERNEL]],
    ['another kernel besides a unit', undefined, [LOGIN, UNITS, KERNEL]],
  ])('%s is decided', (_, seen, checks) => {
    expect(starved({ ...ANY, symptom: seen, checks, vitals: owing(300) })).toBeUndefined();
  });
});

it('on any other host all is decided', () => {
  expect(
    starved({ ...ANY, symptom: symptom('emergency'), checks: [BOOT], vitals: owing(150) }),
  ).toBeUndefined();
  expect(starved({ ...ANY, symptom: undefined, checks: [UNITS], vitals: owing(0) })).toBeUndefined();
});

describe('a client that stood still, after time ran out for a unit of it', () => {
  const STILL = check('boot to a login', false, 'The client stands still.');
  const ranOut = '[ TIME ] Timed out waiting for device dev-ttyS0.device - /dev/ttyS0.';
  /** Until its last sign; then the host owed it nothing for a long while. */
  const still = (owed: number) => ({
    symptom: undefined,
    checks: [STILL],
    ranOut,
    lived: owing(owed),
    vitals: [owing(owed)[0], { at: 1900, worked: 65, owed: 20 + owed }] as const,
    mostOwed: 0.5,
  });

  it('decides nothing on a host that owed it most of the time until its last sign', () => {
    expect(starved(still(300))).toBe(
      `boot to a login: The client stands still.; before: ${ranOut}. ${AS} 300 of 400 s.`,
    );
  });

  it('is decided on any other host, and without that word of systemd', () => {
    expect(starved(still(150))).toBeUndefined();
    expect(starved({ ...still(300), ranOut: undefined })).toBeUndefined();
  });
});

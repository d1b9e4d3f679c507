/**
 * A client's own clocks run on while a busy host keeps it from working: a unit that may take 90 s, a target that must answer
 * within 15. What they made of a release that was starved of its processor says nothing of the release.
 */
import type { Proof } from '../artifacts/release/proof.js';
import type { Symptom } from '../artifacts/release/symptoms.js';
import type { Vitals } from './vitals.js';

/** What a client may come to when time runs out for it; the others do not depend on how fast it is. */
const BY_ITS_CLOCK: readonly Symptom['kind'][] = [
  'san-failed',
  'download-failed',
  'no-boot-device',
  'initramfs-shell',
  'root-lost',
  'emergency',
];
/** Names of checks of which the same is true: a unit has a time to start, login(1) one for the password. */
export const UNITS = 'units';
export const LOG_IN = 'log in on the console';
const CHECKS: readonly string[] = [UNITS, LOG_IN];

export interface Ending {
  readonly symptom: Symptom | undefined;
  /** What the system said of time that ran out for one of its units, if it did. */
  readonly ranOut: string | undefined;
  /** Of a client that stood still in the end: when it began to be waited for, and its last sign. */
  readonly lived: readonly [Vitals, Vitals] | undefined;
  readonly checks: Proof['checks'];
  /** At power-on, and at the end. */
  readonly vitals: readonly [Vitals, Vitals];
  /** Part of the time that the host may owe the client before its clocks are not believed. */
  readonly mostOwed: number;
}

/** Why a run that did not pass decides nothing; undefined if it does decide. */
export function starved({ symptom, ranOut, lived, checks, vitals, mostOwed }: Ending): string | undefined {
  const failed = checks.filter(({ passed }) => !passed);
  // Without that unit, such as the login on a console that came late, it has nothing to do any more, and is owed nothing.
  const stood = ranOut === undefined ? undefined : lived;
  const all = failed.every(
    ({ name }) => CHECKS.includes(name) || isByItsClock(symptom) || stood !== undefined,
  );
  const [first, last] = stood ?? vitals;
  const [seconds, owed] = [last.at - first.at, last.owed - first.owed];
  if (failed.length === 0 || !all || owed < mostOwed * seconds) return undefined;
  const found = failed.map((check) => `${check.name}: ${check.found}`);
  if (stood !== undefined) found.push(`before: ${ranOut}`);
  return `${found.join('; ')}. The client’s own clocks may have run out, for the host kept it waiting for a processor or a disk for ${owed.toFixed(0)} of ${seconds.toFixed(0)} s.`;
}

function isByItsClock(symptom: Symptom | undefined): boolean {
  return symptom !== undefined && BY_ITS_CLOCK.includes(symptom.kind);
}

/**
 * How long a client is waited for, judged by what it does and not by the clock of a host that may be busy.
 *
 * Since its last sign (a console line that is new in this wait, or more traffic than a session that rests) a client may
 * idle for `idle` seconds and work for `silent` seconds of processor time; time in which the host owed it, or a server of
 * its cell, a processor or a disk counts as neither. Whatever signs it gives, it may use `work` seconds of processor time
 * until what is awaited comes; and if that is not used up when `wall` seconds are over, nothing is decided.
 */

/** What is known of a client at one moment; all numbers only grow. */
export interface Sample {
  /** Seconds of a monotonic clock. */
  readonly at: number;
  /** Seconds of processor time that its virtual processors have used. */
  readonly worked: number;
  /** Seconds in which the host kept the client or a server of its cell from working. */
  readonly owed: number;
  /** Bytes of its packets' headers, as they are captured. */
  readonly traffic: number;
  /** Console lines that had not been said before in this wait, numbers aside. */
  readonly news: number;
}

/** All in seconds. */
export interface Patience {
  /** Without work and without a sign. */
  readonly idle: number;
  /** Of processor time without a sign. */
  readonly silent: number;
  /** Of processor time altogether. */
  readonly work: number;
  /** Of the wall's clock, after which nothing is decided. */
  readonly wall: number;
}

/** A wait so far: where it began, and the last sign. */
export interface Waited {
  readonly first: Sample;
  readonly sign: Sample;
}

export type Outcome = 'goes on' | 'idles' | 'works silently' | 'spent' | 'not decided';

/** An open session says `NOP` every five seconds, and a target that is gone is sought a few times a minute. */
const RESTING_BYTES_PER_SECOND = 1024;
/** One read of the boot loader, some hundred packets. */
const SIGN_BYTES = 16 * 1024;

export function beginWait(first: Sample): Waited {
  return { first, sign: first };
}

/** Takes the next sample into account. */
export function judge(
  { first, sign }: Waited,
  sample: Sample,
  patience: Patience,
): { readonly waited: Waited; readonly outcome: Outcome } {
  const waited = { first, sign: isSign(sign, sample) ? sample : sign };
  return { waited, outcome: outcomeOf(waited, sample, patience) };
}

function isSign(last: Sample, sample: Sample): boolean {
  const resting = RESTING_BYTES_PER_SECOND * (sample.at - last.at);
  return sample.news > last.news || sample.traffic - last.traffic > SIGN_BYTES + resting;
}

function outcomeOf({ first, sign }: Waited, sample: Sample, patience: Patience): Outcome {
  const { worked } = between(sign, sample);
  if (idleBetween(sign, sample) >= patience.idle) return 'idles';
  if (worked >= patience.silent) return 'works silently';
  if (sample.worked - first.worked >= patience.work) return 'spent';
  return sample.at - first.at >= patience.wall ? 'not decided' : 'goes on';
}

/** Seconds in which the client could have worked and did not. */
export function idleBetween(from: Sample, to: Sample): number {
  const { seconds, worked, owed } = between(from, to);
  return Math.max(0, seconds - worked - owed);
}

function between(from: Sample, to: Sample): { seconds: number; worked: number; owed: number } {
  return { seconds: to.at - from.at, worked: to.worked - from.worked, owed: to.owed - from.owed };
}

/** Why a cell cannot go on. Neither is an error of ours. */
import type { Proof } from '../artifacts/release/proof.js';
import type { Symptom } from '../artifacts/release/symptoms.js';
import type { Vitals } from './vitals.js';

/** The client's chain broke: it makes a proof that did not pass. */
export class Broken extends Error {
  override readonly name = 'Broken';
  /** What in the console gave it away; absent when the client stood still or the machine stopped. */
  readonly symptom: Symptom | undefined;
  /** Of a client that stood still: when it began to be waited for, and when it gave its last sign. */
  readonly lived: readonly [Vitals, Vitals] | undefined;

  constructor(message: string, { symptom, lived }: Partial<Pick<Broken, 'symptom' | 'lived'>> = {}) {
    super(message);
    this.symptom = symptom;
    this.lived = lived;
  }
}

/** The host was too busy to tell, or failed itself: it makes no proof at all. */
export class Undecided extends Error {
  override readonly name = 'Undecided';
}

/** What a run came to that could not tell whether the release is good. */
export interface NotDecided extends Pick<Proof, 'cell' | 'milestones'> {
  readonly notDecided: string;
}

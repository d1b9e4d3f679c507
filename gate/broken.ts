/** Why a cell cannot go on: the client's chain broke. It makes a proof that did not pass, not an error of ours. */
import type { Symptom } from '../artifacts/release/symptoms.js';

export class Broken extends Error {
  override readonly name = 'Broken';
  /** What in the console gave it away; absent when a bound was reached or the machine stopped. */
  readonly symptom: Symptom | undefined;

  constructor(message: string, symptom?: Symptom) {
    super(message);
    this.symptom = symptom;
  }
}

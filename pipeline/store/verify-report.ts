/** What a look at the whole store is asked, and what it finds. */
import { type StepRecord } from './store.js';

export interface VerifyRequest {
  /** Absolute paths. */
  readonly store: string;
  readonly workspace: string;
  /** Remove what is damaged. */
  readonly repair: boolean;
}

export interface Damage {
  readonly what: StepRecord['kind'] | 'package';
  /** Key of the entry, or digest of the package file. */
  readonly id: string;
  /** Of an entry. */
  readonly record?: Pick<StepRecord, 'recipe' | 'step' | 'made'>;
  readonly problem: string;
  /** Absolute paths of releases that have the damaged files too. */
  readonly releases: readonly string[];
  /** `needed`: a running build uses it, so that it could not be removed. */
  readonly outcome: 'found' | 'removed' | 'needed';
}

export interface VerifyReport {
  /** Absolute path. */
  readonly store: string;
  /** How many were read. */
  readonly entries: number;
  readonly packages: number;
  readonly bytes: number;
  readonly damaged: readonly Damage[];
}

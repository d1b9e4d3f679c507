import type { StepInputs } from '../../pipeline/plan/keys/fingerprint.js';
import type { StepRecord } from '../../pipeline/store/store.js';

/** Inputs that were made up. */
export const INPUTS: StepInputs = {
  format: 'lunsmith-step/1',
  stage: 'packages',
  code: 'c'.repeat(64),
  options: { install: ['vim'] },
  facts: { architecture: 'amd64', epoch: 0 },
  files: {},
  secrets: {},
  tools: {},
  surroundings: {},
  packages: {},
};

/** The record of a layer that was made up. */
export function stepRecord(key: string, change: Partial<StepRecord> = {}): StepRecord {
  return {
    format: 'lunsmith-record/2',
    key,
    kind: 'layer',
    recipe: 'demo',
    step: 'packages',
    inputs: INPUTS,
    records: { packages: ['vim'] },
    seconds: 1.5,
    made: '2026-01-01T00:00:00.000Z',
    bytes: 4096,
    entries: 1,
    listing: 'd'.repeat(64),
    files: [],
    content: 'e'.repeat(64),
    boot: 'another run',
    ...change,
  };
}

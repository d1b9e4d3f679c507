/** What the proof of a cell must tell. */
import { expect } from 'vitest';
import { type ProofRequest, prove } from '../../app/prove.js';
import type { Proof } from '../../artifacts/release/proof.js';
import { MILESTONES } from '../../base/event.js';
import { Failure } from '../../base/failure.js';

/** A client that came to nothing without a word: see gate/watch.ts. */
const HUNG = /: The client (?:stands still|turns in circles), /;

/**
 * The proofs of a shipped recipe. An emulated client has been seen to hang in one of some hundred boots without a word of
 * why; so one that hangs is told of here and proven once more: what hangs twice is ours.
 */
export async function proveShipped(request: ProofRequest, signal: AbortSignal): Promise<Proof[]> {
  try {
    return await prove(request, () => undefined, signal);
  } catch (error) {
    if (!(error instanceof Failure && error.kind === 'proof' && HUNG.test(error.message))) throw error;
    console.warn(`A client hung, and is proven once more: ${JSON.stringify(error.toRecord(), undefined, 2)}`);
    return prove(request, () => undefined, signal);
  }
}

/** Booted, and unless another cell shows it of its firmware, kept a file over a reboot, and powered off. */
export function expectBooted(proof: Proof | undefined): void {
  expect(proof?.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(proof?.passed).toBe(true);
  const reached = (boot: number) =>
    proof?.milestones.filter((each) => each.boot === boot).map(({ milestone }) => milestone) ?? [];
  const checked = proof?.checks.map(({ name }) => name);
  for (const check of ['reboot', 'power off'])
    if (proof?.leftOut === undefined) expect(checked).toContain(check);
    else expect(checked).not.toContain(check);
  for (const boot of proof?.leftOut === undefined ? [1, 2] : [1]) {
    expect(reached(boot).at(-1)).toBe('login');
    // In the order of the chain, none twice.
    expect(reached(boot)).toEqual(MILESTONES.filter((milestone) => reached(boot).includes(milestone)));
    expect(reached(boot)).toContain('initramfs-login');
  }
}

/** Refused by the target. */
export function expectRefused(proof: Proof | undefined): void {
  expect(proof?.passed).toBe(true);
  expect(proof?.milestones.map(({ milestone }) => milestone)).not.toContain('login');
  expect(proof?.checks.map(({ name }) => name)).toContain('the login is refused');
}

/** What the proof of a cell must tell. */
import { expect } from 'vitest';
import type { Proof } from '../../artifacts/release/proof.js';
import { MILESTONES } from '../../base/event.js';

/** Booted, kept a file over a reboot, and powered off. */
export function expectBooted(proof: Proof | undefined): void {
  expect(proof?.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(proof?.passed).toBe(true);
  const reached = (boot: number) =>
    proof?.milestones.filter((each) => each.boot === boot).map(({ milestone }) => milestone) ?? [];
  for (const boot of [1, 2]) {
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

/** How long each part of a boot took, from the milestones of proofs. Pure. */
import { cellName } from '../../artifacts/platform/platform.js';
import type { Proof } from '../../artifacts/release/proof.js';

/** From one milestone to the next; seconds from power-on. */
export interface Phase {
  /** The milestone that ends it. */
  readonly reaches: string;
  readonly from: number;
  readonly to: number;
}

export interface BootTimeline {
  readonly boot: number;
  readonly phases: readonly Phase[];
  /** Seconds from power-on to the last milestone. */
  readonly seconds: number;
}

export interface CellTimeline {
  /** `bios-san`. */
  readonly cell: string;
  readonly accelerator: string;
  readonly boots: readonly BootTimeline[];
  /** The same cell of the release before. */
  readonly before?: { readonly accelerator: string; readonly boots: readonly BootTimeline[] };
}

/** One for each proof that has milestones. */
export function timelinesOf(proofs: readonly Proof[], before: readonly Proof[] = []): CellTimeline[] {
  return proofs.flatMap((proof) => {
    const boots = bootsOf(proof);
    if (boots.length === 0) return [];
    const cell = cellName(proof.cell);
    const old = before.find((each) => cellName(each.cell) === cell);
    const oldBoots = old === undefined ? [] : bootsOf(old);
    return {
      ...{ cell, accelerator: proof.accelerator, boots },
      ...(old === undefined || oldBoots.length === 0
        ? {}
        : { before: { accelerator: old.accelerator, boots: oldBoots } }),
    };
  });
}

function bootsOf({ milestones }: Proof): BootTimeline[] {
  const numbers = [...new Set(milestones.map(({ boot }) => boot))].sort((a, b) => a - b);
  return numbers.flatMap((boot) => {
    const reached = milestones.filter((each) => each.boot === boot).sort((a, b) => a.seconds - b.seconds);
    const phases = reached
      .map(({ milestone, seconds }, index) => ({
        reaches: milestone,
        from: reached[index - 1]?.seconds ?? 0,
        to: seconds,
      }))
      .filter(({ from, to }) => to > from);
    const seconds = phases.at(-1)?.to ?? 0;
    return seconds > 0 ? [{ boot, phases, seconds }] : [];
  });
}

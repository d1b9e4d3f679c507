/** Debian for a Raspberry Pi, built on this machine, beside the same packages for a PC: what the other architecture costs. */
import { type Built, type Ground, stepSeconds } from './ground.js';
import { type Row, rounds } from './measure.js';

/** Its kernel and firmware are those of the board, and there is no boot loader to install. */
const BOARD = `name: foreign
extends: ../debian-raspberry-pi
kernel: {}
`;
const PC = `name: beside-foreign
extends: ../debian-bookworm
variables:
  loader: { default: none }
kernel: {}
`;

export async function foreign(ground: Ground): Promise<readonly Row[]> {
  const board = await ground.extend('foreign', BOARD);
  const pc = await ground.extend('beside-foreign', PC);
  // Into the pool with their packages.
  for (const recipe of [board, pc]) await ground.build([recipe], ground.place);
  const built: Record<'ours' | 'theirs', Built[]> = { ours: [], theirs: [] };
  const cold = async (recipe: string, which: 'ours' | 'theirs') => {
    const place = await ground.freshPlace();
    await ground.settle();
    const made = await ground.build([recipe], place);
    await ground.removePlace(place);
    built[which].push(made);
    return made.took;
  };
  const { ours, theirs } = await rounds(ground.rounds, async () => ({
    ours: await cold(board, 'ours'),
    theirs: await cold(pc, 'theirs'),
  }));
  const initramfs = (which: 'ours' | 'theirs') => stepSeconds(built[which])['initramfs'] ?? [];
  const reference = (values: readonly number[]) => ({ name: 'amd64, the same packages', values });
  return [
    {
      measure: 'arm64 on amd64: cold build, pool filled',
      unit: 's',
      ours,
      reference: reference(theirs),
      aim: { timesReference: 2.5 },
      steps: stepSeconds(built.ours),
    },
    {
      measure: 'arm64 on amd64: one initramfs',
      unit: 's',
      ours: initramfs('ours'),
      reference: reference(initramfs('theirs')),
      aim: { timesReference: 2.5 },
    },
  ];
}

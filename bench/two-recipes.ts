/** Two recipes that share nothing, at once and one after the other. */
import { join } from 'node:path';
import type { Ground } from './ground.js';
import { type Row, rounds } from './measure.js';

export async function twoRecipes(ground: Ground): Promise<readonly Row[]> {
  const other = join(ground.recipe, '..', 'debian-trixie');
  await ground.writeLock(other);
  // Into the pool with its packages.
  await ground.build([other], ground.place);
  const { ours, theirs } = await rounds(ground.rounds, async () => ({
    ours: await buildCold(ground, [[ground.recipe, other]]),
    theirs: await buildCold(ground, [[ground.recipe], [other]]),
  }));
  return [
    {
      measure: 'two recipes at once, cold, pool filled',
      unit: 's',
      ours,
      reference: { name: 'one after the other', values: theirs },
      aim: { timesReference: 0.9 },
    },
  ];
}

async function buildCold(ground: Ground, runs: readonly (readonly string[])[]): Promise<number> {
  const place = await ground.freshPlace();
  await ground.settle();
  let took = 0;
  for (const recipes of runs) took += (await ground.build(recipes, place)).took;
  await ground.removePlace(place);
  return took;
}

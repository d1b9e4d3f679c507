/** How much the store grows by builds that differ by one file. */
import { join } from 'node:path';
import type { Ground, Place } from './ground.js';
import type { Row } from './measure.js';

const BUILDS = 10;

/**
 * The same bytes each time, so once is enough. Package files are left out, since no build adds to them. A file with
 * several names is counted once, as du(1) does it.
 */
export async function storeSize(ground: Ground): Promise<readonly Row[]> {
  const place = await ground.freshPlace();
  const sizes: number[] = [];
  for (let number = 1; number <= BUILDS; number++) {
    await ground.changeFile();
    await ground.build([ground.recipe], place);
    sizes.push(await stepsSize(ground, place));
  }
  await ground.removePlace(place);
  const [first = Number.NaN] = sizes;
  return [
    {
      measure: `steps in the store after ${BUILDS} builds that differ by one file, images aside`,
      unit: 'MB',
      ours: sizes.slice(-1),
      reference: { name: 'after one build', values: [first] },
      aim: { timesReference: 1.2 },
    },
  ];
}

async function stepsSize({ run }: Ground, { workspace }: Place): Promise<number> {
  const argv = [
    'du',
    '--summarize',
    '--block-size=1',
    '--exclude=disk.img',
    join(workspace, 'store', 'steps'),
  ] as const;
  const { stdout } = await run(argv, { doing: 'measure the store', quiet: true });
  return Number.parseInt(stdout, 10) / 1e6;
}

/** The kernel command line changed, and nothing else. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assertRan, type Built, type Ground, stepSeconds } from './ground.js';
import { type Row, rounds, seconds } from './measure.js';

export async function commandLine(ground: Ground): Promise<readonly Row[]> {
  const { recipe, place, run, folder } = ground;
  let changes = 0;
  const builds: Built[] = [];
  const { ours, theirs } = await rounds(ground.rounds, async () => {
    changes += 1;
    await ground.changeCommandLine([`bench.change=${changes}`]);
    await ground.settle();
    const built = await ground.build([recipe], place);
    builds.push(built);
    assertRan(built, ['lun-image', 'boot-artifacts', 'release']);
    await ground.settle();
    const image = join(built.releases[0] ?? '', 'disk.img');
    const copy = join(folder, 'copy.img');
    const argv = ['cp', '--sparse=always', '--reflink=never', image, copy] as const;
    const theirs = await seconds(() => run(argv, { doing: 'copy the image' }));
    await rm(copy);
    return { ours: built.took, theirs };
  });
  await ground.changeCommandLine([]);
  return [
    {
      measure: 'command line changed',
      unit: 's',
      ours,
      reference: { name: 'cp --sparse=always of the image', values: theirs },
      aim: { atMost: 2 },
      steps: stepSeconds(builds),
    },
  ];
}

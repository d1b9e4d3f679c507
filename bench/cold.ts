/** A build with nothing but the package files, beside mmdebstrap that makes a tar of the same packages. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Built, type Ground, SUITE, stepSeconds } from './ground.js';
import { type LocalMirror, openLocalMirror } from './local-mirror.js';
import { type Row, rounds, seconds } from './measure.js';

export async function cold(ground: Ground): Promise<readonly Row[]> {
  const folder = join(ground.folder, 'mirror');
  await using mirror = await openLocalMirror(
    ground.lock,
    { pool: ground.pool, folder, suite: SUITE },
    ground,
  );
  const builds: Built[] = [];
  const { ours, theirs } = await rounds(ground.rounds, async () => {
    const built = await coldBuild(ground);
    builds.push(built);
    return { ours: built.took, theirs: await plainBootstrap(ground, mirror) };
  });
  return [
    {
      measure: 'cold build from a filled pool',
      unit: 's',
      ours,
      reference: { name: 'mmdebstrap, same packages, local mirror, to tar', values: theirs },
      aim: { timesReference: 0.8 },
      steps: stepSeconds(builds),
    },
  ];
}

/** With nothing but the package files; the release is not kept. */
export async function coldBuild(ground: Ground): Promise<Built> {
  const place = await ground.freshPlace();
  await ground.settle();
  const built = await ground.build([ground.recipe], place);
  await ground.removePlace(place);
  return built;
}

/** What a user would do by hand; maintainer scripts generate the initramfs as they like. */
async function plainBootstrap({ run, settle, folder }: Ground, mirror: LocalMirror): Promise<number> {
  const place = join(folder, 'plain');
  await mkdir(place);
  await settle();
  const argv = [
    'mmdebstrap',
    '--mode=root',
    '--variant=minbase',
    `--include=${mirror.packages.join(',')}`,
    // Debian 12 wants the links of a merged /usr before the package that says they are there.
    '--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr',
    SUITE,
    join(place, 'root.tar'),
    `deb [trusted=yes] ${mirror.url} ${mirror.suite} main`,
  ] as const;
  const took = await seconds(() => run(argv, { doing: 'bootstrap by mmdebstrap alone' }));
  await rm(place, { recursive: true });
  return took;
}

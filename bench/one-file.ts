/** One file in the last step before sealing changed. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestSchema } from '../artifacts/release/manifest.js';
import { assertRan, type Built, type Ground, releaseText, stepSeconds } from './ground.js';
import { type Row, rounds, seconds } from './measure.js';

const SECTOR = 512;

export async function oneFile(ground: Ground): Promise<readonly Row[]> {
  const { run, folder } = ground;
  const { tree, bytes } = await rootOf(ground);
  const megabytes = Math.round(await allocated(ground, tree));
  const builds: Built[] = [];
  const { ours, theirs } = await rounds(ground.rounds, async () => {
    const built = await fileChange(ground);
    builds.push(built);
    await ground.settle();
    const image = join(folder, 'plain.img');
    const argv = [
      'mke2fs',
      '-q',
      '-F',
      '-t',
      'ext4',
      '-d',
      tree,
      image,
      `${Math.floor(bytes / 1024)}k`,
    ] as const;
    const theirs = await seconds(() => run(argv, { doing: 'write the same tree' }));
    await rm(image);
    return { ours: built.took, theirs };
  });
  await rm(tree, { recursive: true });
  return [
    {
      measure: `one file in the last step changed, root of ${megabytes} MB`,
      unit: 's',
      ours,
      reference: { name: 'mke2fs -d of that tree', values: theirs },
      aim: { aboveReference: 2 },
      steps: stepSeconds(builds),
    },
  ];
}

/** From a changed file to the release that holds it. */
export async function fileChange(ground: Ground): Promise<Built> {
  await ground.changeFile();
  await ground.settle();
  const built = await ground.build([ground.recipe], ground.place);
  assertRan(built, ['last-file', 'seal', 'lun-image', 'boot-artifacts', 'release']);
  return built;
}

/** The root of the release as a plain folder, and how large its partition is. */
async function rootOf({ run, release, folder }: Ground): Promise<{ tree: string; bytes: number }> {
  const { disk } = manifestSchema.parse(JSON.parse(await releaseText(release, 'manifest.json')));
  const root = disk.partitions.find(({ mount }) => mount === '/');
  if (root === undefined) throw new Error('The release has no root partition.');
  const tree = join(folder, 'tree');
  await mkdir(tree);
  const image = `${join(release, 'disk.img')}?offset=${root.firstLba * SECTOR}`;
  await run(['debugfs', '-R', `rdump / ${tree}`, image], {
    doing: 'copy the root out of the image',
    quiet: true,
  });
  return { tree, bytes: root.sectors * SECTOR };
}

async function allocated({ run }: Ground, path: string): Promise<number> {
  const { stdout } = await run(['du', '--summarize', '--block-size=1', path], {
    doing: 'measure',
    quiet: true,
  });
  return Number.parseInt(stdout, 10) / 1e6;
}

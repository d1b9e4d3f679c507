/** A disk image of 2 GiB as the first step of a build, beside unpacking it with the plain tools. */
import { join } from 'node:path';
import { type Built, type Ground, stepSeconds } from './ground.js';
import { type Row, rounds, seconds } from './measure.js';

const IMAGE = `name: whole
extends: ../debian-bookworm
variables:
  disk-size: { default: 2G }
`;
const recipeText = (from: string, sha256: string) => `name: imported
extends: ../debian-bookworm
steps:
  - name: debootstrap
    remove: true
  - uses: import
    before: packages
    with: { from: ${from}, sha256: ${sha256}, archives: { suite: bookworm } }
`;
/** As a user would: one pipe, and no block that is empty. */
const UNPACK = 'set -e; xz --decompress --stdout "$1" | cp --sparse=always /dev/stdin "$2"';

export async function imported(ground: Ground): Promise<readonly Row[]> {
  const { run, folder } = ground;
  const [whole = ''] = (await ground.build([await ground.extend('whole', IMAGE)], ground.place)).releases;
  const image = join(folder, 'whole.img.xz');
  await run(['sh', '-c', 'xz --threads=0 -3 --stdout "$1" > "$2"', 'sh', join(whole, 'disk.img'), image], {
    doing: 'compress the image',
  });
  const { stdout } = await run(['sha256sum', image], { doing: 'make the digest of the image' });
  const recipe = await ground.extend('imported', recipeText(image, stdout.slice(0, 64)));
  const builds: Built[] = [];
  const ours = async () => {
    const place = await ground.freshPlace();
    await ground.settle();
    const built = await ground.build([recipe], place);
    builds.push(built);
    await ground.removePlace(place);
    return stepSeconds([built])['import']?.[0] ?? Number.NaN;
  };
  const theirs = async () => {
    const to = join(folder, 'unpacked');
    await ground.settle();
    const took = await seconds(() =>
      run(['sh', '-c', UNPACK, 'sh', image, to], { doing: 'unpack the image' }),
    );
    await run(['rm', to], { doing: 'remove what was unpacked' });
    return took;
  };
  const found = await rounds(ground.rounds, async () => ({ ours: await ours(), theirs: await theirs() }));
  return [
    {
      measure: 'import of an image of 2 GiB (.xz), files in a tree',
      unit: 's',
      ours: found.ours,
      reference: { name: 'xz -d | cp --sparse', values: found.theirs },
      steps: stepSeconds(builds),
    },
  ];
}

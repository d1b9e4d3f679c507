/**
 * How long a cold build takes beside plain mmdebstrap that makes a tar of the same packages from the same mirror, and how
 * long writing the LUN image takes beside copying it. Run with `npm run bench`; needs the network.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRelease } from '../artifacts/release/release.js';
import { build } from '../cli/build.js';
import { createPorts } from '../pipeline/command.js';
import type { Event } from '../pipeline/event.js';
import {
  chooseMirror,
  DEBIAN_KEYRING,
  defaultPockets,
  hostSources,
  suiteSources,
} from '../stages/apt/mirror.js';
import { formatSources } from '../stages/apt/sources.js';
import { type Comparison, keep, seconds, table } from './measure.js';

const RECIPE = 'recipes/debian-bookworm';
const SUITE = 'bookworm';
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const MIRROR = process.env['LUNSMITH_MIRROR'];

const { signal } = new AbortController();
const ports = createPorts({ emit: () => undefined, signal });
const folder = await mkdtemp(join(tmpdir(), 'lunsmith-bench-'));
const [cold, image]: [Pairs, Pairs] = [
  { ours: [], theirs: [] },
  { ours: [], theirs: [] },
];
interface Pairs {
  readonly ours: number[];
  readonly theirs: number[];
}
try {
  for (let round = 1; round <= ROUNDS; round++) {
    const place = join(folder, String(round));
    const { took, imageTook, path } = await ownBuild(place);
    cold.ours.push(took);
    image.ours.push(imageTook);
    image.theirs.push(await copyOf(join(path, 'disk.img'), place));
    cold.theirs.push(await plainBootstrap(path, place));
    await rm(place, { recursive: true });
    console.error(`round ${round} of ${ROUNDS} done`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const comparisons: Comparison[] = [
  {
    measure: 'cold build of a proven-ready release',
    reference: 'mmdebstrap, same packages, to a tar',
    aim: 1,
    ...cold,
  },
  { measure: 'writing the LUN image', reference: 'cp --sparse=always of it', ...image },
];
console.log(table(comparisons));
console.log(`kept in ${await keep('build', comparisons)}`);

async function ownBuild(place: string): Promise<{ took: number; imageTook: number; path: string }> {
  let imageTook = Number.NaN;
  let path = '';
  const emit = (event: Event) => {
    if (event.type === 'task-finished' && event.task === 'lun-image') imageTook = event.seconds;
  };
  const request = {
    recipe: RECIPE,
    output: join(place, 'out'),
    workspace: join(place, 'work'),
    variables: {},
    ...(MIRROR === undefined ? {} : { mirror: MIRROR }),
  };
  const took = await seconds(async () => {
    path = (await build(request, emit, signal)).path;
  });
  return { took, imageTook, path };
}

function copyOf(file: string, place: string): Promise<number> {
  const argv = ['cp', '--sparse=always', '--reflink=never', file, join(place, 'copy.img')] as const;
  return seconds(() => ports.run(argv, { doing: 'copy the image' }));
}

/** What a user would do by hand for the same set of packages; maintainer scripts generate the initramfs as they like. */
async function plainBootstrap(release: string, place: string): Promise<number> {
  const { manifest } = await readRelease(release);
  const mirror = chooseMirror({
    override: MIRROR,
    recipe: undefined,
    recipeSecurity: undefined,
    host: await hostSources(),
  });
  if (mirror === undefined)
    throw new Error('The apt sources of this host name no Debian mirror: set LUNSMITH_MIRROR.');
  const sources = suiteSources(mirror, {
    suite: SUITE,
    components: ['main'],
    pockets: defaultPockets(SUITE),
    signedBy: DEBIAN_KEYRING,
  });
  const list = join(place, 'sources.list');
  await writeFile(list, formatSources(sources));
  const names = manifest.packages.map(({ name }) => name).join(',');
  const argv = [
    'mmdebstrap',
    '--mode=root',
    '--variant=minbase',
    `--include=${names}`,
    SUITE,
    join(place, 'root.tar'),
    list,
  ] as const;
  return seconds(() => ports.run(argv, { doing: 'bootstrap by mmdebstrap alone' }));
}

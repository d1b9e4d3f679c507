/** Whether LUNs that are files fit into the file system of their host: known before any is made. */
import { posix } from 'node:path';
import { mib } from '../../../artifacts/formats/disk-layout.js';
import { Failure } from '../../../base/failure.js';
import type { TargetHost } from '../../host/host.js';
import { hostLayout } from '../../host/layout.js';
import { roomHint } from '../../host/room.js';
import type { CloneRequest } from './store.js';

/** File systems whose files share no blocks, as stat(1) calls them: a LUN takes all that its image has. Of others that is not known. */
const COPIES = new Set(['ext2/ext3', 'tmpfs', 'ramfs', 'msdos']);
/** Blocks of the longest file: ext4 counts them in 32 bits (Linux Documentation/filesystems/ext4/blocks.rst). */
const MOST_BLOCKS: Readonly<Record<string, number>> = { 'ext2/ext3': 2 ** 32 - 1 };

/**
 * `$1`: root, or where it will be; then images. Prints bytes of a block, how many are free for the super-user, and the kind of the file
 * system; then of each image how many blocks of 512 bytes it takes.
 */
const LOOK = `
folder=$1; shift
until [ -e "$folder" ]; do folder=$(dirname -- "$folder"); done
stat -f -c '%S %f %T' -- "$folder"
for image; do stat -c '%b %n' -- "$image"; done
`;

/** @throws Failure of kind `host` for LUNs that are too long for the file system, `space` when it has no room for their content */
export async function requireFits(host: TargetHost, requests: readonly CloneRequest[]): Promise<void> {
  if (requests.length === 0) return;
  const { facts } = host;
  const layout = hostLayout(facts);
  // One with nothing on it has no image, and takes nothing.
  const imageOf = ({ release, from }: CloneRequest) =>
    release === undefined ? [] : [posix.join(layout.release(release), from)];
  const images = [...new Set(requests.flatMap(imageOf))];
  const { stdout } = await host.run(['sh', '-c', LOOK, 'sh', layout.root, ...images], {
    doing: `ask for the space in ${layout.root}`,
    quiet: true,
  });
  const [first = '', ...lines] = stdout.trim().split('\n');
  const [unit = '', free = '', type = ''] = first.split(' ');
  const most = (MOST_BLOCKS[type] ?? Number.POSITIVE_INFINITY) * Number(unit);
  Failure.throwAll(
    requests
      .filter(({ bytes }) => bytes > most)
      .map(
        ({ client, image, bytes }) =>
          new Failure('host', {
            what: `The LUN of ${client} for ${image} is larger than a file of ${layout.root} on ${facts.name} may be.`,
            expected: `at most ${mib(most)}, on ext4 with blocks of ${unit} bytes`,
            found: mib(bytes),
            hint: 'Make it smaller, or keep LUNs on XFS, or as volumes: see `clone` in docs/site.md.',
          }),
      ),
  );
  if (!COPIES.has(type)) return;
  const taken = new Map(
    lines.map((line) => [line.slice(line.indexOf(' ') + 1), Number(line.slice(0, line.indexOf(' '))) * 512]),
  );
  const needed = requests.flatMap(imageOf).reduce((sum, image) => sum + (taken.get(image) ?? 0), 0);
  const left = Number(unit) * Number(free);
  if (needed <= left) return;
  throw new Failure('space', {
    what: `${facts.name} has no room for ${requests.length === 1 ? 'the LUN' : `${requests.length} LUNs`}: nothing was changed there.`,
    expected: `${mib(needed)} free in ${layout.root}`,
    found: mib(left),
    hint: roomHint(facts.name),
  });
}

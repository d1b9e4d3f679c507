/**
 * Btrfs, populated unmounted by mkfs.btrfs(8). It numbers inodes as its source does, lists directories in the source's order,
 * and takes times and identifiers from the clock and from random numbers. So the source is an ext4 file system that is the same
 * each time, read through FUSE, and libfaketime stops the clock and the random numbers: the same tree gives the same bytes.
 * Facts: btrfs-progs 6.2, mkfs/rootdir.c; libfaketime 0.9.10, README; libuuid, libuuid/src/gen_uuid.c.
 */
import { accessSync, constants } from 'node:fs';
import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createPorts } from '../../base/command.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { Argv, Ports } from '../../base/ports.js';
import { requireNoLosses } from './btrfs-losses.js';
import { setBtrfsTop } from './btrfs-top.js';
import { mib } from './disk-layout.js';
import { writeExt4 } from './ext4.js';
import { ext4Geometry, smallestExt4 } from './ext4-size.js';
import { dataRanges } from './file-digest.js';
import { copyInto, createSparse, readAt } from './sparse.js';
import type { TopDirectory, TreeSize } from './tree-size.js';

/** What of the host it needs. */
export const BTRFS_TOOLS = [
  { name: 'mkfs.btrfs', package: 'btrfs-progs', min: '6.2' },
  { name: 'fuse2fs', package: 'fuse2fs', min: '1.47.0' },
  { name: 'debugfs', package: 'e2fsprogs' },
  // FAKERANDOM_SEED.
  { name: 'faketime', package: 'faketime', min: '0.9.10' },
] as const;

const FUSE = '/dev/fuse';

/** Why this user could not fill one on this host, if so. */
export function fuseProblem(device = FUSE): Omit<Diagnostic, 'place'> | undefined {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return {
      what: `Btrfs is filled through FUSE, and ${device} cannot be opened.`,
      expected: 'a device that the user who builds may read and write, as Debian has it (mode 0666)',
      found: (error as NodeJS.ErrnoException).code ?? String(error),
      hint: `In a container, hand it in: \`--device ${device}\`. Else, as root: modprobe fuse; chmod 0666 ${device}`,
    };
  }
}

/**
 * All features by name, so that no newer version of mkfs.btrfs decides. A LUN is kept whole by its target: a second copy of the
 * metadata on the same disk would be one more write and no more safety.
 */
const FEATURES = [
  ...['-m', 'single', '-d', 'single', '--csum', 'crc32c'],
  ...['-s', '4096', '-n', '16384'],
  ...['-O', 'extref,skinny-metadata,no-holes', '-R', 'free-space-tree'],
] as const;

/** ld.so(8) puts in the folder of libraries: `lib/x86_64-linux-gnu` on Debian. */
const FAKETIME = '/usr/$LIB/faketime/libfaketime.so.1';

export interface BtrfsRequest {
  readonly image: string;
  /** Bytes from the start of the image. */
  readonly offset: number;
  /** At least {@link smallestBtrfs}. */
  readonly bytes: number;
  readonly label: string;
  readonly uuid: string;
  /** Directory whose content becomes the root; owners, modes, hard links and extended attributes are kept, and times to the second. */
  readonly tree: string;
  /** Mode and owner of the root. Default: 0755, of root, whatever those of the directory are. */
  readonly top?: TopDirectory | undefined;
  /** Where it will be mounted. */
  readonly mount?: string | undefined;
  readonly size: TreeSize;
  /** Seconds since 1970. */
  readonly epoch: number;
  /** A private folder. */
  readonly scratch: string;
}

/** The command that makes and fills a file system, in a process table and with shared memory of its own. */
function mkfsBtrfsArgv(
  { label, uuid, epoch }: Pick<BtrfsRequest, 'label' | 'uuid' | 'epoch'>,
  source: string,
  file: string,
): Argv {
  const environment = {
    FAKETIME: new Date(epoch * 1000).toISOString().slice(0, 19).replace('T', ' '),
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // The times of files are to be those that they have.
    NO_FAKE_STAT: '1',
    FAKERANDOM_SEED: `0x${uuid.replaceAll('-', '').slice(0, 16)}`,
    LD_PRELOAD: FAKETIME,
  };
  return [
    'bwrap',
    ...['--dev-bind', '/', '/', '--tmpfs', '/dev/shm', '--die-with-parent'],
    // libuuid mixes the process number in.
    '--unshare-pid',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--',
    ...['mkfs.btrfs', '--quiet', ...FEATURES],
    ...['--label', label, '--uuid', uuid, '--rootdir', source, file],
  ];
}

/**
 * Makes and fills a file system; the same request gives the same bytes. Holes of files become zeros in it.
 * @throws Failure of kind `recipe` for what it cannot hold; of kind `tool`, `host`, `space` or `interrupted` from the tools.
 */
export async function writeBtrfs(ports: Pick<Ports, 'run'>, request: BtrfsRequest): Promise<void> {
  const { image, offset, bytes, label, scratch } = request;
  const file = join(scratch, `${label}.btrfs`);
  const source = await writeSource(ports.run, request);
  try {
    await requireNoLosses({ source, label, mount: request.mount });
    await createSparse(file, bytes);
    await using mounted = await mountSource(ports.run, source, join(scratch, `${label}.source`));
    const argv = mkfsBtrfsArgv(request, mounted.path, file);
    const { stderr } = await ports.run(argv, {
      doing: `create the Btrfs file system ${label}`,
      shown: argv.slice(argv.indexOf('mkfs.btrfs')) as unknown as Argv,
    });
    requireStill(stderr);
    await requireFits(file, bytes);
    if (request.top !== undefined) await setBtrfsTop(file, request.top);
    await copyInto(file, image, offset, await dataRanges(ports.run, file));
  } finally {
    await rm(source, { force: true });
    await rm(file, { force: true });
  }
}

/** An ext4 file system of the tree, without the folder that every new one has. */
async function writeSource(run: Ports['run'], request: BtrfsRequest): Promise<string> {
  const { tree, size, label, uuid, epoch, scratch } = request;
  const image = join(scratch, `${label}.ext4`);
  const bytes = smallestExt4({ tree: size, reservedPercent: 0, free: 0 });
  const geometry = ext4Geometry(bytes, size, { reservedPercent: 0 });
  await createSparse(image, bytes);
  await writeExt4(run, { image, offset: 0, geometry, label, uuid, reservedPercent: 0, tree, epoch });
  await run(['debugfs', '-w', '-R', 'rmdir lost+found', image], {
    doing: `remove lost+found from the source of ${label}`,
    quiet: true,
    env: { E2FSPROGS_FAKE_TIME: String(epoch), SOURCE_DATE_EPOCH: String(epoch) },
  });
  return image;
}

/** Mounts in the build's own mount namespace; FUSE needs no privilege there but access to /dev/fuse. */
async function mountSource(
  run: Ports['run'],
  source: string,
  path: string,
): Promise<AsyncDisposable & { readonly path: string }> {
  await mkdir(path);
  const release = async () => {
    // Also after an abort, which ends what runs in `ports`: what is mounted on cannot be removed.
    const own = createPorts({ emit: () => undefined, signal: new AbortController().signal });
    await own.run(['umount', '--lazy', path], { doing: `unmount ${source}`, quiet: true });
    await rmdir(path);
  };
  try {
    await run(['fuse2fs', '-o', 'ro,fakeroot', source, path], { doing: `read ${source} through FUSE` });
  } catch (error) {
    // It may have mounted before it was ended.
    await release().catch(() => rmdir(path));
    throw error;
  }
  return { path, [Symbol.asyncDispose]: release };
}

/** ld.so(8) goes on without a library that it does not find. */
function requireStill(stderr: string): void {
  if (!stderr.includes('cannot be preloaded')) return;
  throw new Failure('host', {
    what: 'libfaketime is not where it was looked for: the file system would be another one each time.',
    expected: FAKETIME,
    hint: 'Install it: apt-get install libfaketime',
  });
}

/** Where the superblock's total_bytes stand (struct btrfs_super_block). */
const TOTAL_BYTES = 0x10000 + 0x70;

/** mkfs.btrfs makes a file longer that it takes for too small. */
async function requireFits(file: string, bytes: number): Promise<void> {
  const total = Number((await readAt(file, TOTAL_BYTES, 8)).readBigUInt64LE());
  if (total <= bytes) return;
  throw new Failure('recipe', {
    what: 'The partition is too small for a Btrfs of its content.',
    expected: `at least ${mib(total)}, by the count of mkfs.btrfs`,
    found: mib(bytes),
    hint: 'Enlarge the partition or the disk, or install less.',
  });
}

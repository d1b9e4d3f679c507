/**
 * LUNs of clients on a target host, each a clone of a release's image: a reflink or a sparse copy, a snapshot of LVM or a
 * clone of ZFS (site.ts, CloneKind). A LUN has its name only when it is whole.
 */

import { posix } from 'node:path';
import { mib } from '../../artifacts/formats/disk-layout.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { type DiskContent, fillDisk } from '../disks/fill-disk.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import { roomHint } from '../host/room.js';
import type { HostFacts } from '../site/facts.js';
import { fileStore } from './clone/file.js';
import { lastPartition, MBR_MOST_BYTES } from './clone/grow.js';
import { lvmStore } from './clone/lvm.js';
import { type CloneName, diskPath, type LunStorage, lunAt, sameStorage } from './clone/names.js';
import type { Space } from './clone/space.js';
import type { Clone, ClonePorts, CloneRequest, CloneStore } from './clone/store.js';
import { zfsStore } from './clone/zfs.js';

export { type Space, thinExhaustion } from './clone/space.js';
export type { Clone, ClonePorts, CloneRequest, Copied } from './clone/store.js';

export interface MadeClone {
  /** Absolute path on the host. */
  readonly disk: string;
  /** Of the LUN; LVM rounds up to whole extents. */
  readonly bytes: number;
  /** False when it was there. */
  readonly made: boolean;
}

/** The path of a LUN on its host: a file, or the block device of a volume; of one that is shared, the image of its release. */
export function cloneDisk(
  facts: Pick<HostFacts, 'root' | 'clone'>,
  request: CloneName & Partial<Pick<CloneRequest, 'release' | 'from' | 'shared'>>,
): string {
  const { release, from, shared } = request;
  return shared === true && release !== undefined && from !== undefined
    ? posix.join(hostLayout(facts).release(release), from)
    : diskPath(facts, request);
}

/**
 * What would keep LUNs from being made, as far as that is known before anything is written.
 * @throws Failure as {@link makeClone}, of all of them
 */
export async function checkClones(host: TargetHost, all: readonly CloneRequest[]): Promise<void> {
  const requests = all.filter(({ shared }) => shared !== true);
  if (requests.length === 0) return;
  Failure.throwAll(requests.flatMap((request) => sizeProblem(request) ?? []));
  const store = openStore(host);
  const there = new Map((await store.list()).map(({ disk, bytes }) => [disk, bytes]));
  for (const request of requests) {
    const disk = cloneDisk(host.facts, request);
    const found = there.get(disk);
    if (found !== undefined && found < request.bytes) throw otherDisk(host.facts, disk, request.bytes, found);
  }
  const missing = requests.filter((request) => !there.has(cloneDisk(host.facts, request)));
  await store.check(missing);
  const needed = missing.reduce((sum, { filled }) => sum + (filled?.bytes ?? 0), 0);
  if (needed === 0) return;
  const { free } = await store.space(new Set());
  if (needed > free) throw noRoom(host.facts, needed, free);
}

/**
 * Makes the LUN of a generation; does nothing when it is there. One that is larger than its image is enlarged to its last
 * block: table, the partition that grows and its file system.
 * @throws Failure of kind `usage` when it would be smaller than its image or larger than its table knows, `space` when the
 *   host is full, `integrity` when a smaller disk has its name, and of the host's tools; then it has not changed anything
 * @param content what a request that is `filled` asks for
 */
export async function makeClone(
  host: TargetHost,
  request: CloneRequest,
  ports: ClonePorts,
  content?: DiskContent,
): Promise<MadeClone> {
  const problem = sizeProblem(request);
  if (problem !== undefined) throw problem;
  const disk = cloneDisk(host.facts, request);
  if (request.shared === true) return { disk, bytes: request.bytes, made: false };
  const store = openStore(host);
  const there = await store.size(request);
  if (there !== undefined) {
    if (there < request.bytes) throw otherDisk(host.facts, disk, request.bytes, there);
    return { disk, bytes: there, made: false };
  }
  for (const { message, hint } of cloneWarnings(request)) ports.emit({ type: 'warning', message, hint });
  const write = request.filled === undefined ? undefined : writerOf(host, request.filled, ports, content);
  await store.make(request, ports, write).catch((error: unknown) => {
    throw error instanceof Failure && error.kind === 'space' ? full(host.facts, request, error) : error;
  });
  return { disk, bytes: (await store.size(request)) ?? request.bytes, made: true };
}

/**
 * Removes a LUN, and what was begun of it, wherever it lies: the site may have named another storage when it was made. One that is not
 * there is no error.
 * @param disk as {@link cloneDisk} named it
 * @throws Failure of kind `usage` when the path is no LUN of this host
 */
export async function removeClone(host: TargetHost, disk: string): Promise<void> {
  const own = lunAt(host.facts, disk);
  if (own === undefined) {
    throw new Failure('usage', {
      what: `${disk} on ${host.facts.name} is no LUN that lunsmith made; it stays.`,
      expected: cloneDisk(host.facts, { client: 'CLIENT', image: 'IMAGE', generation: 'GENERATION' }),
    });
  }
  await openStore(host, own.storage).remove(own.name);
}

/** All LUNs on the host, and what was begun of some, in the order of their paths. */
export async function listClones(host: TargetHost): Promise<readonly Clone[]> {
  return openStore(host).list();
}

/** A LUN that was named, and the release that it is a clone of, if it is still there. */
export interface NamedLun {
  readonly disk: string;
  readonly release?: string | undefined;
}

/**
 * Removes what was begun and never finished, and volumes kept for releases that are not wanted any more: also where LUNs lay before
 * the site named another storage.
 * @param releases digests of those that are
 * @param named LUNs of the host, those that are gone among them
 */
export async function cleanClones(
  host: TargetHost,
  releases: ReadonlySet<string>,
  named: readonly NamedLun[] = [],
): Promise<void> {
  await cleanStorage(host, host.facts.clone, releases);
  const elsewhere = new Map<string, { readonly storage: LunStorage; readonly releases: Set<string> }>();
  for (const { disk, release } of named) {
    const storage = lunAt(host.facts, disk)?.storage;
    if (storage === undefined || sameStorage(storage, host.facts.clone)) continue;
    const place = JSON.stringify(storage);
    const found = elsewhere.get(place) ?? { storage, releases: new Set() };
    elsewhere.set(place, found);
    if (release !== undefined) found.releases.add(release);
  }
  for (const each of elsewhere.values()) await cleanStorage(host, each.storage, each.releases);
}

async function cleanStorage(
  host: TargetHost,
  storage: LunStorage,
  releases: ReadonlySet<string>,
): Promise<void> {
  const store = openStore(host, storage);
  for (const clone of await store.list()) if (clone.partial) await store.discard(clone);
  for (const release of await store.seeds()) if (!releases.has(release)) await store.removeSeed(release);
}

/**
 * The room where the LUNs of the host lie; see `thinExhaustion` for what to think of it.
 * @param resting paths of LUNs that no client has: they take no more than they have
 */
export async function freeSpace(host: TargetHost, resting: ReadonlySet<string> = new Set()): Promise<Space> {
  return openStore(host).space(resting);
}

/** Only what the site names is asked to make LUNs, which takes the pool. */
function openStore(host: TargetHost, storage: LunStorage = host.facts.clone): CloneStore {
  if (storage.kind === 'lvm') return lvmStore(host, { pool: '', ...storage });
  return storage.kind === 'zfs' ? zfsStore(host, storage) : fileStore(host);
}

function writerOf(
  host: TargetHost,
  { bytes: total, sha256 }: NonNullable<CloneRequest['filled']>,
  { emit }: Pick<Ports, 'emit'>,
  content: DiskContent | undefined,
): (path: string) => Promise<void> {
  if (content?.sha256 !== sha256) throw new Error('a LUN is to be filled with what is not at hand');
  const tell = (done: number) =>
    emit({ type: 'progress', what: 'write the LUN', done, total, unit: 'bytes' });
  return (path) => fillDisk(host, path, content, tell);
}

function sizeProblem({ client, image, disk, bytes, from }: CloneRequest): Failure | undefined {
  if (from === undefined) return undefined;
  if (bytes < disk.bytes) {
    return new Failure('usage', {
      what: `The LUN of ${client} for ${image} is ${mib(disk.bytes - bytes)} smaller than the image of the release.`,
      expected: `at least ${mib(disk.bytes)}`,
      found: mib(bytes),
      hint: `Give ${client} a size of at least ${mib(disk.bytes)}, or none: then the LUN is as large as the image.`,
    });
  }
  if (disk.table === 'mbr' && bytes > MBR_MOST_BYTES) {
    return new Failure('usage', {
      what: `The LUN of ${client} for ${image} is ${mib(bytes - MBR_MOST_BYTES)} too large for the image's mbr table.`,
      expected: 'at most 2 TiB',
      found: mib(bytes),
      hint: 'Make it smaller, or set `table: gpt` in the recipe.',
    });
  }
  return undefined;
}

/** What a larger LUN does not give its client. */
function cloneWarnings({
  client,
  image,
  disk,
  bytes,
  from,
}: CloneRequest): { readonly message: string; readonly hint: string }[] {
  if (from === undefined) return [];
  const last = lastPartition(disk, bytes);
  const more = bytes - disk.bytes;
  if (more === 0 || last === undefined) return [];
  const larger = `The LUN of ${client} for ${image} is ${mib(more)} larger than its image`;
  if (!last.grow) {
    return [
      {
        message: `${larger}, and no partition of it grows: the rest stays unused.`,
        hint: 'Give the last partition of the recipe the size `grow`.',
      },
    ];
  }
  if (last.filesystem !== 'vfat') return [];
  return [
    {
      message: `${larger}: its partition ${last.name} grows, but the FAT file system in it does not.`,
      hint: 'Let another partition be the last of the recipe, with the size `grow`.',
    },
  ];
}

function otherDisk({ name }: HostFacts, disk: string, bytes: number, found: number): Failure {
  return new Failure('integrity', {
    what: `${disk} on ${name} is smaller than the LUN that has this name.`,
    expected: `${bytes} bytes`,
    found: `${found} bytes`,
    hint: 'Somebody changed it. Move it away, then run the same command again.',
  });
}

function noRoom({ name }: HostFacts, needed: number, free: number): Failure {
  return new Failure('space', {
    what: `${name} has no room for the LUN: nothing was changed there.`,
    expected: `${mib(needed)} free`,
    found: mib(free),
    hint: roomHint(name),
  });
}

function full({ name }: HostFacts, { client, image }: CloneRequest, cause: Failure): Failure {
  return new Failure(
    'space',
    {
      what: `${name} is full: the LUN of ${client} for ${image} was not made.`,
      ...(cause.diagnostics[0].found === undefined ? {} : { found: cause.diagnostics[0].found }),
      hint: roomHint(name),
    },
    { cause, ...(cause.command === undefined ? {} : { command: cause.command }) },
  );
}

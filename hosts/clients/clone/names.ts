/** What the LUNs of clients are called, and which names are ours. */
import { posix } from 'node:path';
import { hostLayout } from '../../host/layout.js';
import type { CloneKind, HostFacts } from '../../site/facts.js';

/** What a LUN belongs to. */
export interface CloneName {
  readonly client: string;
  readonly image: string;
  readonly generation: string;
}

/**
 * Between the parts of a volume's name. Neither can stand in a name of a client or an image, which are parts of an IQN
 * (RFC 3722: letters, digits, `.`, `-`, `:`) and hold no colon, and each is allowed where it is used: lvm(8), zfs(8).
 */
const SEPARATOR = { lvm: '+', zfs: ':' } as const;
const OURS = 'lunsmith';
const SEED = 'lunsmith-seed';
/** What is not whole yet has this at the end of its name. */
export const PARTIAL = '.partial';
/** A file system that is taken out of its LUN while it is enlarged. */
export const ASIDE = '.ext4.partial';

/** The volume of a LUN. */
export function volumeName(kind: 'lvm' | 'zfs', { client, image, generation }: CloneName): string {
  return [OURS, client, image, generation].join(SEPARATOR[kind]);
}

/** The volume that holds the image of a release, of which those of LUNs are snapshots. */
export function seedName(kind: 'lvm' | 'zfs', release: string): string {
  return [SEED, release].join(SEPARATOR[kind]);
}

/** A volume of ours by its name. */
export type OwnVolume =
  | { readonly kind: 'lun'; readonly name: CloneName; readonly partial: boolean }
  | { readonly kind: 'seed'; readonly release: string; readonly partial: boolean };

/** @returns undefined for a volume that is not ours */
export function ownVolume(kind: 'lvm' | 'zfs', volume: string): OwnVolume | undefined {
  const partial = volume.endsWith(PARTIAL);
  const parts = (partial ? volume.slice(0, -PARTIAL.length) : volume).split(SEPARATOR[kind]);
  const [first, client, image, generation] = parts;
  if (first === SEED && parts.length === 2 && client) return { kind: 'seed', release: client, partial };
  if (first !== OURS || parts.length !== 4 || !client || !image || !generation) return undefined;
  return { kind: 'lun', name: { client, image, generation }, partial };
}

/** The path of a LUN on its host, of a file or a block device. */
export function diskPath(facts: Pick<HostFacts, 'root' | 'clone'>, name: CloneName): string {
  if (facts.clone.kind === 'file') {
    return posix.join(hostLayout(facts).clients, name.client, name.image, `${name.generation}.img`);
  }
  return posix.join(volumeFolder(facts.clone), volumeName(facts.clone.kind, name));
}

/** Where udev(7) shows the volumes. */
export function volumeFolder(clone: Exclude<LunStorage, { kind: 'file' }>): string {
  return clone.kind === 'lvm' ? `/dev/${clone.group}` : `/dev/zvol/${clone.dataset}`;
}

/** The storage that LUNs lie in; of LVM any pool of the group. */
export type LunStorage =
  | Exclude<CloneKind, { kind: 'lvm' }>
  | Omit<Extract<CloneKind, { kind: 'lvm' }>, 'pool'>;

export interface OwnLun {
  readonly name: CloneName;
  readonly partial: boolean;
  /** Where it lies, which the site may name no longer. */
  readonly storage: LunStorage;
}

/** The LUN that has that path, in whatever storage. @returns undefined when the path is none of ours on that host */
export function lunAt(facts: Pick<HostFacts, 'root'>, disk: string): OwnLun | undefined {
  const parts = posix.relative(hostLayout(facts).clients, disk).split('/');
  const [client, image, file] = parts;
  const generation = /^(.+)\.img((?:\.ext4)?\.partial)?$/.exec(file ?? '');
  if (parts.length === 3 && client && client !== '..' && image && generation?.[1]) {
    const name = { client, image, generation: generation[1] };
    return { name, partial: generation[2] !== undefined, storage: { kind: 'file' } };
  }
  const storage = storageOfDevice(posix.dirname(posix.normalize(disk)));
  if (storage === undefined) return undefined;
  const volume = ownVolume(storage.kind, posix.basename(disk));
  return volume?.kind === 'lun' ? { name: volume.name, partial: volume.partial, storage } : undefined;
}

/** The opposite of {@link volumeFolder}. */
function storageOfDevice(folder: string): Exclude<LunStorage, { kind: 'file' }> | undefined {
  const dataset = /^\/dev\/zvol\/(.+)$/.exec(folder)?.[1];
  if (dataset !== undefined) return { kind: 'zfs', dataset };
  const group = /^\/dev\/([^/]+)$/.exec(folder)?.[1];
  return group === undefined ? undefined : { kind: 'lvm', group };
}

/** Whether two are the same place, whatever the pool. */
export function sameStorage(one: LunStorage, other: LunStorage): boolean {
  if (one.kind === 'file') return other.kind === 'file';
  if (other.kind === 'file') return false;
  return volumeFolder(one) === volumeFolder(other);
}

/** The LUNs of one client and image: which one it boots, which are kept, which go. */
import { platformOf } from '../../artifacts/platform/platforms.js';
import { lunImageOf } from '../../artifacts/release/roles.js';
import { sha256OfText } from '../../base/digest.js';
import type { CloneRequest } from '../clients/clone.js';
import type { ClientState, Generation, Lun } from '../host/state.js';
import type { ReleaseThere } from '../publish/releases-there.js';
import { installerOf } from '../site/blank.js';
import type { ClientImage } from '../site/facts.js';
import { drop, setAside } from './aside.js';
import type { Draft } from './draft.js';
import type { KeptLun } from './intent.js';
import { releaseName } from './names.js';
import { requireMethod, requireRoom, requireShareable } from './refusals.js';

/** Clones that are kept beside the current one, for a rollback. */
const KEPT = 1;

export type ImageState = ClientState['images'][string];

export function currentOf(image: ImageState | undefined): Generation | undefined {
  return image?.generations.find(({ id }) => id === image.current);
}

/** Whether all clients of a release share its image, which none of them writes to. */
function isShared({ manifest }: ReleaseThere): boolean {
  return manifest.disk.overlay !== undefined;
}

/** The bytes that the LUN of this image would have from a release. */
function sizeOf(image: ClientImage, { manifest }: ReleaseThere): number {
  return image.bytes ?? manifest.disk.bytes;
}

/** @throws Failure for all clients that are other machines than the release is for, or whose LUN would be too small */
export function checkFit(
  draft: Draft,
  wanted: readonly { readonly client: string; readonly image: ClientImage }[],
  release: ReleaseThere,
): void {
  checkMethod(draft, wanted, release);
  if (isShared(release))
    requireShareable(
      wanted.filter(({ image }) => image.blank !== true && image.bytes !== undefined),
      releaseName(draft, release.digest),
    );
  const { bytes } = release.manifest.disk;
  const lacking = wanted.flatMap(({ client, image }) => {
    const found = sizeOf(image, release);
    const least = image.blank === true ? (release.manifest.loader?.installs ?? 0) : bytes;
    return found < least ? [{ client, image, bytes: least, found }] : [];
  });
  requireRoom(lacking, releaseName(draft, release.digest));
}

/** @throws Failure for all clients that are other machines than the release is for */
export function checkMethod(
  draft: Draft,
  wanted: readonly { readonly client: string; readonly image: ClientImage }[],
  release: ReleaseThere,
): void {
  const { platform, boot } = release.manifest;
  const methods = boot.map(({ method }) => method);
  const others = wanted.filter(({ image }) => !methods.includes(image.boot));
  requireMethod(
    others.map(({ client, image }) => ({ client, image: image.name, boot: image.boot })),
    { name: releaseName(draft, release.digest), methods, platform: platformOf(platform).matrix.methods },
  );
}

/**
 * A clone that is to be made, or a LUN of nothing and the clone of its installer, where there is one. Its name has the serial of the state
 * that brings it, and so is never used twice.
 * @param release none for a LUN of nothing alone
 * @param kept what the LUN is filled with, in the place of the release's image or of nothing
 */
export function freshClone(
  draft: Draft,
  client: string,
  image: ClientImage,
  release: ReleaseThere | undefined,
  kept?: KeptLun,
): Generation {
  if (release !== undefined) checkFit(draft, [{ client, image }], release);
  const { about, before, clones } = draft;
  const id = `${release === undefined ? 'blank' : release.digest.slice(0, 12)}-${before.serial + 1}`;
  const own = `${about.host.target.prefix}:${client}.${image.name}.${id}`;
  const lun = (request: CloneRequest): Lun => {
    clones.push(request);
    const { image: name, bytes, shared } = request;
    const serial = lunSerial(own, name === image.name ? 0 : 1);
    return {
      serial,
      disk: about.disk(request),
      bytes,
      ...(shared === true ? { readOnly: true as const } : {}),
    };
  };
  const named = (name: string) => ({ client, image: name, generation: id });
  const copy = (from: ReleaseThere, name: string, bytes: number) =>
    lun({
      ...named(name),
      ...{ release: from.digest, disk: from.manifest.disk, from: lunImageOf(from.manifest), bytes },
      ...(isShared(from) ? { shared: true as const } : {}),
    });
  const common = { id, target: image.target ?? own, made: about.now };
  const filled =
    kept &&
    lun({ ...named(image.name), bytes: kept.bytes, filled: { bytes: kept.data, sha256: kept.sha256 } });
  if (image.blank !== true && release !== undefined)
    return {
      ...common,
      release: release.digest,
      ...(filled ?? copy(release, image.name, sizeOf(image, release))),
    };
  const blank = { ...common, ...(filled ?? lun({ ...named(image.name), bytes: image.bytes ?? 0 })) };
  if (release === undefined) return blank;
  const installer = copy(release, installerOf(image.name), release.manifest.disk.bytes);
  return { ...blank, release: release.digest, installer };
}

/** SCSI serial number. @param target the name that lunsmith gives @param index of the LUN among those of the target */
export function lunSerial(target: string, index: number): string {
  return sha256OfText(index === 0 ? target : `${target} ${index}`).slice(0, 16);
}

export interface Takeover {
  /** Whether the clone that it boots until now may be kept. */
  readonly former: 'keep' | 'discard';
  /** What is discarded cannot be brought back. */
  readonly purge?: true;
}

/** Lets a client boot another generation; of those that it has, the last are kept and those in use, and the others go. */
export function takeOver(
  draft: Draft,
  { client, image }: { readonly client: string; readonly image: string },
  generation: Generation,
  { former, purge }: Takeover,
): void {
  const state = draft.clients.get(client);
  if (state === undefined) return;
  const had = state.images[image];
  const current = currentOf(had);
  const others = (had?.generations ?? []).filter(({ id }) => id !== generation.id);
  const discarded = (each: Generation) => former === 'discard' && each.id === current?.id;
  const inUse = (each: Generation) => draft.about.sessions.some(({ target }) => target === each.target);
  const newestFirst = others.filter((each) => !discarded(each)).reverse();
  // What it booted last is what a rollback is about.
  const wished = [
    ...newestFirst.filter(({ id }) => id === current?.id),
    ...newestFirst.filter(({ id }) => id !== current?.id),
  ];
  const kept = new Set([...wished.slice(0, KEPT), ...wished.filter(inUse)]);
  const generations = [...others.filter((each) => kept.has(each)), generation];
  const gone = others.filter((each) => !kept.has(each));
  const deleted = gone.filter(discarded);
  drop(
    draft,
    client,
    image,
    gone.filter((each) => !deleted.includes(each)),
  );
  setAside(draft, { facts: state.facts, image, generations: deleted }, { purge });
  draft.clients.set(client, {
    ...state,
    images: { ...state.images, [image]: { current: generation.id, generations: inOrder(generations) } },
  });
}

/** Oldest first: the count at the end of an id is that of the state which brought it. */
export function inOrder(generations: readonly Generation[]): Generation[] {
  const count = ({ id }: Generation) => Number(id.slice(id.lastIndexOf('-') + 1));
  return [...generations].sort((a, b) => count(a) - count(b));
}

/** Which archives a root is built from, and which ones it names. */
import type { RecipeFacts } from '../../pipeline/stage.js';
import {
  chooseMirror,
  hostSources,
  type MirrorChoice,
  requireMirror,
} from '../distribution/debian/apt/mirror.js';
import { vendorOf } from '../distribution/debian/apt/vendor.js';
import { archivePlaces, defaultArchive } from './default-archive.js';
import { mirrorAt, snapshotTime } from './snapshot.js';

export interface MirrorOptions {
  readonly suite: string;
  readonly mirror?: string | undefined;
  readonly 'security-mirror'?: string | undefined;
  readonly 'image-mirror'?: string | undefined;
  readonly snapshot?: string | undefined;
}

/** The moment of the snapshot that is asked for, if one is. */
export function snapshotOf({ snapshot }: Pick<MirrorOptions, 'snapshot'>): Date | undefined {
  return snapshot === undefined ? undefined : snapshotTime(snapshot);
}

/** What to build from, and what the image shall name: an override serves the build alone. */
export async function mirrors(about: {
  readonly options: MirrorOptions;
  readonly mirror: string | undefined;
  readonly recipe: Pick<RecipeFacts, 'architecture'>;
}): Promise<{ build: MirrorChoice; image: MirrorChoice }> {
  const { suite, mirror, 'security-mirror': recipeSecurity, 'image-mirror': imageMirror } = about.options;
  const vendor = vendorOf(suite);
  const places = archivePlaces(vendor, about.recipe.architecture);
  const [host, fallback] = await Promise.all([hostSources(), defaultArchive(places)]);
  const wishes = { vendor, recipe: mirror, recipeSecurity, host, fallback };
  const build = requireMirror(
    { ...wishes, override: about.mirror },
    { option: 'mirror', stage: 'debootstrap' },
  );
  const time = snapshotOf(about.options);
  // Indexes of a snapshot are valid no more: a machine that is to be kept up to date would refuse them.
  const named = imageMirror ?? (time === undefined ? mirror : undefined);
  const lasting = chooseMirror({ ...wishes, recipe: named, override: undefined });
  return { build: mirrorAt(build, time), image: lasting ?? build };
}

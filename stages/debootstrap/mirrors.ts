/** Which archives a Debian root is built from, and which ones it names. */
import {
  chooseMirror,
  hostSources,
  type MirrorChoice,
  requireMirror,
} from '../distribution/debian/apt/mirror.js';
import { defaultArchive } from './default-archive.js';
import { mirrorAt, snapshotTime } from './snapshot.js';

export interface MirrorOptions {
  readonly mirror?: string | undefined;
  readonly 'security-mirror'?: string | undefined;
  readonly 'image-mirror'?: string | undefined;
  readonly snapshot?: string | undefined;
}

/** The moment of the snapshot that is asked for, if one is. */
export function snapshotOf({ snapshot }: MirrorOptions): Date | undefined {
  return snapshot === undefined ? undefined : snapshotTime(snapshot);
}

/** What to build from, and what the image shall name: an override serves the build alone. */
export async function mirrors(about: {
  readonly options: MirrorOptions;
  readonly mirror: string | undefined;
}): Promise<{ build: MirrorChoice; image: MirrorChoice }> {
  const { mirror, 'security-mirror': recipeSecurity, 'image-mirror': imageMirror } = about.options;
  const [host, fallback] = await Promise.all([hostSources(), defaultArchive()]);
  const wishes = { recipe: mirror, recipeSecurity, host, fallback };
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

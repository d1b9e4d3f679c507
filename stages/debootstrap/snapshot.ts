/** Archives of snapshots: the state of an archive at a time, under a URL that ends in that time. */
import type { MirrorChoice } from '../distribution/debian/apt/mirror.js';

/** A day, which is its first second, or a second, in UTC. */
export const SNAPSHOT =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$|^\d{8}T(?:[01]\d|2[0-3])(?:[0-5]\d){2}Z$/;

/** The moment of which a snapshot is. @param text as {@link SNAPSHOT} has it */
export function snapshotTime(text: string): Date {
  const [, year = '', month = '', day = '', hours = '00', minutes = '00', seconds = '00'] =
    /^(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z)?$/.exec(text) ?? [];
  return new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
}

/** The day of it, as 2025-01-01. @param text as {@link SNAPSHOT} has it */
export function snapshotDay(text: string): string {
  return text.replace(/^(\d{4})-?(\d{2})-?(\d{2}).*$/, '$1-$2-$3');
}

/** The archives as they were then. @param time of the snapshot; undefined: as they are */
export function mirrorAt(mirror: MirrorChoice, time: Date | undefined): MirrorChoice {
  if (time === undefined) return mirror;
  const stamp = time.toISOString().replace(/[-:]|\.\d+/g, '');
  return { ...mirror, main: `${mirror.main}/${stamp}`, security: `${mirror.security}/${stamp}` };
}

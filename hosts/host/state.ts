/**
 * What a target host serves: which release each channel is at, and which LUN each client boots from. A state is never
 * changed; a new one takes its place (layout.ts). It holds no secret.
 */
import { z } from 'zod';
import { clientFactsSchema } from './client-facts.js';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime();

const lunSchema = z.strictObject({
  /** SCSI serial number of the LUN, 16 hexadecimal digits. */
  serial: z.string(),
  /** Absolute path on the host, of a file or a block device. */
  disk: z.string(),
  /** Size of the LUN. */
  bytes: z.number().int(),
  /** `disk` is the image of the release itself, which all its clients share and none writes to; it goes with the release alone. */
  readOnly: z.literal(true).optional(),
});
export type Lun = z.output<typeof lunSchema>;

/** One LUN of a client, and the target that offers it: a clone of a release, or nothing with the clone of its installer beside it. */
const generationSchema = lunSchema.extend({
  /** Unique in its image, and part of its target's name: `<first 12 digits of the release>-<count>`, or `blank-<count>`. */
  id: z.string(),
  /** Absent: its LUN has begun with nothing on it, and there is no installer beside it. */
  release: digest.optional(),
  /** IQN; each generation has a target of its own, so that no session ever sees its disk change. */
  target: z.string(),
  made: time,
  /** The clone of `release` that has the next number on the target; `disk` has begun with nothing on it. */
  installer: lunSchema.optional(),
});
export type Generation = z.output<typeof generationSchema>;

/** What its target offers, in the order of the numbers. */
export function lunsOf(generation: Generation): readonly Lun[] {
  return [generation, ...(generation.installer === undefined ? [] : [generation.installer])];
}

const clientSchema = z.strictObject({
  /** As the site had it when the client was last changed. */
  facts: clientFactsSchema,
  /** By image. `current` is the generation that it boots; the last ones are kept for a rollback. */
  images: z.record(
    z.string(),
    z
      .strictObject({
        current: z.string(),
        generations: z.array(generationSchema),
        /** `current` is changed by hand, to become a release; `resumes` is what the client boots again when that is over. */
        maintenance: z.strictObject({ resumes: z.string() }).optional(),
      })
      .refine(({ current, generations }) => generations.some(({ id }) => id === current), {
        path: ['current'],
        message: '`current` is none of the generations.',
      })
      .refine(
        ({ current, generations, maintenance: { resumes } = { resumes: undefined } }) =>
          resumes === undefined || (resumes !== current && generations.some(({ id }) => id === resumes)),
        { path: ['maintenance', 'resumes'], message: '`resumes` is none of the other generations.' },
      ),
  ),
  /** What it boots at its next start instead of the first image, once: another, or the installer of one. */
  next: z.string().optional(),
});
export type ClientState = z.output<typeof clientSchema>;

const channelSchema = z.strictObject({
  release: digest,
  /** Newest last; the last one is `release`. */
  history: z.array(
    z.strictObject({ release: digest, recipe: z.string(), at: time, by: z.enum(['promote', 'rollback']) }),
  ),
});
export type ChannelState = z.output<typeof channelSchema>;

/** LUNs of one image that a change took from their client, and that can be brought back: no target offers them. */
const deletedSchema = z.strictObject({
  /** Of the state that took them; order goes by it, no clock. */
  serial: z.number().int().min(1),
  /** When, by the clock of the host. */
  at: time,
  /** The client as it was. */
  facts: clientFactsSchema,
  image: z.string(),
  /** Oldest first; the last one is what the client booted. */
  generations: z.tuple([generationSchema], generationSchema),
});
export type DeletedLuns = z.output<typeof deletedSchema>;

export const hostStateSchema = z.strictObject({
  format: z.literal('lunsmith-host/1'),
  /** sha256 of the wish that led to it: the same wish again, when its call was cut off, finishes it. Older states have none. */
  wish: digest.optional(),
  /** Counts the changes; 0 is a host that nothing was done to yet. */
  serial: z.number().int().min(0),
  channels: z.record(z.string(), channelSchema),
  clients: z.record(z.string(), clientSchema),
  /** Oldest first; absent where there are none. */
  deleted: z.array(deletedSchema).optional(),
});
export type HostState = z.output<typeof hostStateSchema>;

/** Every LUN of every client. */
export function generationsOf({ clients }: HostState): Generation[] {
  return Object.values(clients).flatMap(({ images }) =>
    Object.values(images).flatMap(({ generations }) => generations),
  );
}

/** What no client has, and what is not removed either. */
export function deletedGenerations({ deleted = [] }: HostState): Generation[] {
  return deleted.flatMap(({ generations }) => generations);
}

/** Digests of every release that a channel is at or that a client has a clone of. */
export function releasesOf(state: HostState): readonly string[] {
  const all = [...Object.values(state.channels), ...generationsOf(state)];
  return [...new Set(all.flatMap(({ release }) => release ?? []))];
}

/** Paths of their LUNs. */
export function deletedDisks(state: HostState): ReadonlySet<string> {
  return new Set(
    deletedGenerations(state)
      .flatMap(lunsOf)
      .map(({ disk }) => disk),
  );
}

/** Digests of those too that could be needed again: what was deleted is a clone of them. */
export function releasesKept(state: HostState): readonly string[] {
  return [
    ...new Set([...releasesOf(state), ...deletedGenerations(state).flatMap(({ release }) => release ?? [])]),
  ];
}

export const EMPTY_STATE: HostState = { format: 'lunsmith-host/1', serial: 0, channels: {}, clients: {} };

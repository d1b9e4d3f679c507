/** The facts of a client as a state keeps them, read again as strictly as they were written. */
import { z } from 'zod';
import { BOOT_METHODS } from '../../artifacts/platform/platform.js';
import type { ClientFacts } from '../site/facts.js';

const imageSchema = z.strictObject({
  name: z.string().min(1),
  channel: z.string().optional(),
  bytes: z.number().int().min(1).optional(),
  boot: z.enum(BOOT_METHODS),
  blank: z.literal(true).optional(),
  target: z.string().optional(),
});

/** All fields, so that none is written which is not read again. */
const shape = {
  name: z.string().min(1),
  host: z.string(),
  mac: z.string().optional(),
  serial: z.string().optional(),
  uuid: z.string().optional(),
  initiator: z.string().min(1),
  account: z.string(),
  secret: z.string(),
  prompts: z.literal(true).optional(),
  address: z
    .strictObject({
      address: z.string(),
      netmask: z.string(),
      gateway: z.string().optional(),
      dns: z.string().optional(),
    })
    .optional(),
  images: z.tuple([imageSchema], imageSchema),
  menuSeconds: z.number(),
  follows: z.enum(['promote', 'rebase']),
  files: z
    .array(
      z.strictObject({
        path: z.string(),
        owner: z.string(),
        mode: z.string(),
        content: z.string().optional(),
        source: z.string().optional(),
        secret: z.string().optional(),
      }),
    )
    .optional(),
} satisfies Readonly<Record<keyof ClientFacts, z.ZodType>>;

export const clientFactsSchema = z
  .strictObject(shape)
  // With `exactOptionalPropertyTypes` an absent key is not an undefined one; JSON has no undefined.
  .transform((facts) => facts as ClientFacts);

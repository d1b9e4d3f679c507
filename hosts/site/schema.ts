/** `lunsmith.yaml`. The texts become docs/site.md and the JSON Schema. */
import { z } from 'zod';
import { clientFilesSchema } from './client-files.js';
import { clientSchema } from './client-schema.js';
import { hostSchema } from './host-schema.js';
import { powerSchema } from './power.js';
import { clientNameSchema, nameSchema } from './values.js';

export const siteSchema = z.strictObject({
  hosts: z
    .record(nameSchema(63), hostSchema)
    .refine((hosts) => Object.keys(hosts).length > 0, 'a site has at least one host')
    .describe('The target hosts, by name.'),
  channels: z
    .array(nameSchema(63))
    .min(1)
    .default(['edge', 'stable'])
    .describe('Names that releases are promoted to.'),
  clients: z
    .union([z.null().transform(() => ({})), z.record(clientNameSchema, clientSchema)])
    .default({})
    .describe('The machines that boot, by name.'),
  files: clientFilesSchema.describe(
    'Files in the booted systems of all clients that can be handed some: [clients.md](clients.md#name-and-files-of-a-client).',
  ),
  power: powerSchema.optional().describe('How machines are woken and switched; see below.'),
});

export type SiteFile = z.output<typeof siteSchema>;

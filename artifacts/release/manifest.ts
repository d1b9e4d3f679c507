/**
 * The manifest: the description of all files of one build. Its canonical bytes' sha256 is the release's digest;
 * proofs come later, name that digest, and lie beside it in `proofs/`, so that proving does not change what is proven.
 */
import { z } from 'zod';
import { DIGEST_PATTERN } from './file-digests.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const manifestSchema = z.strictObject({
  format: z.literal('lunsmith-manifest/1'),
  recipe: z.strictObject({ name: z.string(), version: z.string().optional(), sha256 }),
  architecture: z.string(),
  /** SOURCE_DATE_EPOCH of the build, seconds since 1970. */
  epoch: z.number().int(),
  /** `${ID} ${VERSION_ID}` of the root's os-release, e.g. `debian 12`. */
  system: z.string(),
  kernel: z.strictObject({ version: z.string(), commandLine: z.string() }),
  /** Every file of the release but the manifest itself and the proofs, by path relative to the release. */
  files: z.array(
    z.strictObject({
      path: z.string(),
      /** Apparent size, bytes. */
      bytes: z.number().int(),
      /** `sha256:HEX`, or `fsverity:HEX` of a disk image. */
      digest: z.string().regex(DIGEST_PATTERN),
    }),
  ),
  disk: z.strictObject({
    table: z.enum(['gpt', 'mbr']),
    bytes: z.number().int(),
    guid: z.string(),
    partitions: z.array(
      z.strictObject({
        number: z.number().int(),
        name: z.string(),
        /** GPT type GUID upper case, or MBR type as two hex digits. */
        type: z.string(),
        guid: z.string(),
        /** LBA of 512-byte sectors. */
        firstLba: z.number().int(),
        /** Length in 512-byte sectors. */
        sectors: z.number().int(),
        filesystem: z.enum(['ext4', 'vfat', 'swap']).optional(),
        filesystemUuid: z.string().optional(),
        mount: z.string().optional(),
        grow: z.boolean(),
      }),
    ),
  }),
  packages: z.array(z.strictObject({ name: z.string(), version: z.string(), architecture: z.string() })),
  /** Versions of the host's tools that wrote the release. */
  tools: z.record(z.string(), z.string()),
  lunsmith: z.string(),
});

export type Manifest = z.output<typeof manifestSchema>;

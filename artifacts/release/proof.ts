/** A proof: what one cell of the boot matrix showed of a release. Stored as `proofs/<cell>.json` in the release. */
import { z } from 'zod';
import { parseRecord } from '../../base/schema/record.js';
import { BOOT_METHODS, FIRMWARE, SECRETS } from '../platform/platform.js';

export const cellSchema = z.strictObject({
  firmware: z.enum(FIRMWARE),
  path: z.enum(BOOT_METHODS),
  secret: z.enum(SECRETS),
});

export const proofSchema = z.strictObject({
  format: z.literal('lunsmith-proof/1'),
  /** The manifest's sha256. */
  release: z.string(),
  cell: cellSchema,
  passed: z.boolean(),
  /** RFC 3339, UTC. */
  at: z.string(),
  accelerator: z.enum(['kvm', 'tcg']),
  /** `tap`: our dnsmasq served DHCP and TFTP on a tap device. `user`: QEMU's user network did. */
  network: z.enum(['tap', 'user']),
  seconds: z.number(),
  /** Seconds from power-on to each milestone, per boot. */
  milestones: z.array(z.strictObject({ boot: z.number().int(), milestone: z.string(), seconds: z.number() })),
  /** What was checked, in order, each with what was found. */
  checks: z.array(z.strictObject({ name: z.string(), passed: z.boolean(), found: z.string() })),
  tools: z.record(z.string(), z.string()),
});
export type Proof = z.output<typeof proofSchema>;

/** More than any proof has: some hundred lines. */
export const MOST_PROOF_BYTES = 1024 * 1024;
/** More than there are cells. */
export const MOST_PROOFS = 64;

/**
 * A proof from its text. @param file how messages name it
 * @throws Failure of kind `integrity`, with the place, for what is no proof
 */
export function parseProof(text: string, file: string): Proof {
  const hint = 'Remove the file, or prove the release again: npx lunsmith prove RELEASE';
  return parseRecord(text, proofSchema, { file, what: 'The proof', hint });
}

/** A proof: what one cell of the boot matrix showed of a release. Stored as `proofs/<cell>.json` in the release. */
import { z } from 'zod';
import { parseRecord } from '../../base/schema/record.js';
import { BOOT_METHODS, cellName, FIRMWARE, SECRETS } from '../platform/platform.js';

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
  /** What of a boot was not done, since another proof of the same firmware shows it; absent: nothing. */
  leftOut: z.array(z.string()).optional(),
  tools: z.record(z.string(), z.string()),
});
export type Proof = z.output<typeof proofSchema>;

/** What a release shows once for each firmware: it does not depend on the path by which that came to the system. */
export const ONCE_A_FIRMWARE = ['reboot', 'power off'] as const;

/** Whether the proof is one of a system that was booted, and shows all that a boot can show. */
export function showsAll({ cell, passed, leftOut }: Pick<Proof, 'cell' | 'passed' | 'leftOut'>): boolean {
  return passed && cell.secret === 'right' && leftOut === undefined;
}

/**
 * What keeps a cell of a release from being proven; undefined if nothing does. What its proof left out, another of its firmware has to show.
 * @param cell its name @param digest of the release @param proofs of this release or of others
 */
export function proofLack(cell: string, digest: string, proofs: readonly Proof[]): string | undefined {
  const proof = proofs.find((each) => cellName(each.cell) === cell);
  if (proof === undefined) return 'no proof';
  if (proof.release !== digest) return 'a proof of another release';
  if (!proof.passed) return 'failed';
  if (proof.leftOut === undefined) return undefined;
  const { firmware } = proof.cell;
  const shown = proofs.some(
    (each) => each.release === digest && each.cell.firmware === firmware && showsAll(each),
  );
  return shown ? undefined : `no proof by ${firmware} shows ${proof.leftOut.join(' and ')}`;
}

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

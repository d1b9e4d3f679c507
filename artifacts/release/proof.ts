/** A proof: what one cell of the boot matrix showed of a release. Stored as `proofs/<cell>.json` in the release. */
import { z } from 'zod';

export const cellSchema = z.strictObject({
  firmware: z.enum(['bios', 'uefi']),
  /** `san`: iPXE sanboot, identity by iBFT. `direct`: kernel and initramfs by iPXE, identity by per-client cpio. */
  path: z.enum(['san', 'direct']),
  /** `right`: boots to login. `wrong`: the CHAP secret is wrong, and the boot must fail at the SAN login. */
  secret: z.enum(['right', 'wrong']),
});
export type Cell = z.output<typeof cellSchema>;

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

/** `bios-san`, `uefi-direct`, `bios-san-wrong-secret`: the cell's name in events, files and options. */
export function cellName(cell: Cell): string {
  return `${cell.firmware}-${cell.path}${cell.secret === 'wrong' ? '-wrong-secret' : ''}`;
}

/**
 * Lines of the console that say that a boot will not get further, whatever time it is given. What firmware, iPXE, boot loaders
 * and the kernel say stands here; the system's own signs are in the release's manifest.
 */
import { type ConsoleFacts, type SymptomSign, symptomSign } from './console.js';

export interface Symptom {
  readonly kind:
    | 'san-refused'
    | 'san-failed'
    | 'download-failed'
    | 'no-boot-device'
    | 'boot-loader'
    | 'panic'
    | 'root-lost'
    | SymptomSign;
  /** The line itself. */
  readonly line: string;
}

/** In words for a message: `the client …`. */
export const SYMPTOM_WORDS: Readonly<Record<Symptom['kind'], string>> = {
  'san-refused': 'iPXE was refused by the target',
  'san-failed': 'iPXE could not boot from the LUN',
  'download-failed': 'iPXE could not load kernel and initramfs',
  'no-boot-device': 'the firmware found nothing to boot',
  'boot-loader': 'the boot loader could not find what it needs',
  'initramfs-refused': 'the initramfs was refused by the target',
  'initramfs-shell': 'the initramfs did not find the root and opened a shell',
  panic: 'the kernel stopped',
  'root-lost': 'the root disk was lost',
  emergency: 'the system started in emergency mode',
};

const PATTERNS: readonly (readonly [RegExp, Symptom['kind']])[] = [
  [/^Could not open SAN device: (?:Permission denied|Operation not permitted|Access denied)/i, 'san-refused'],
  [/^SAN boot failed, giving up/, 'san-failed'],
  [/^Direct boot failed, giving up/, 'download-failed'],
  [
    /\bNo bootable device|^No more network devices|^BdsDxe: No bootable option|^UEFI Interactive Shell/,
    'no-boot-device',
  ],
  [
    /^grub rescue>|^error: no such device: |^error: unknown filesystem|^(?:Missing OS|Missing operating system)|^Failed to load ldlinux\.c32|^Could not find kernel image:/,
    'boot-loader',
  ],
  [/Kernel panic - not syncing/, 'panic'],
  [
    /session\d+: session recovery timed out|EXT4-fs \(\S+\): Remounting filesystem read-only|BTRFS \w+ \(device [^)]+\): forced readonly/,
    'root-lost',
  ],
];

export function findSymptom(line: string, console: Pick<ConsoleFacts, 'signs'>): Symptom | undefined {
  const kind =
    PATTERNS.find(([pattern]) => pattern.test(line.trimStart()))?.[1] ?? symptomSign(line, console);
  return kind === undefined ? undefined : { kind, line: line.trim() };
}

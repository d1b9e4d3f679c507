/**
 * What a booting system shows on its serial console: recorded by the distribution that made it, read by the boot gate and by
 * `explain`. Firmware, iPXE, boot loaders and the kernel say the same whatever they boot; what they say stands with their readers.
 */
import { z } from 'zod';

/** How far a boot came, as far as the system itself tells it. `loader`: a boot loader that is not ours was started. */
const MILESTONE_SIGNS = ['loader', 'kernel', 'initramfs-login', 'root-mount'] as const;
/** That it will not get further. */
const SYMPTOM_SIGNS = ['initramfs-refused', 'initramfs-shell', 'emergency'] as const;
const SIGNS = [...MILESTONE_SIGNS, ...SYMPTOM_SIGNS] as const;
export type Sign = (typeof SIGNS)[number];
export type MilestoneSign = (typeof MILESTONE_SIGNS)[number];
export type SymptomSign = (typeof SYMPTOM_SIGNS)[number];

/** Characters of a line that are looked at. */
const LOOKED_AT = 4096;

/** No regular expression: a manifest may come from elsewhere, and matching takes time linear in the line's length. */
export const signLine = z
  .string()
  .max(200)
  .regex(/^(?=.*[\p{L}\p{N}])\P{Cc}+$/u, 'what a line begins with; `*` stands for any text');

export const consoleSchema = z.strictObject({
  /** The kernel's name of the serial port: `ttyS0`. */
  device: z.string().regex(/^tty[A-Za-z]+\d+$/),
  /** What follows the host's name where the system asks who logs in: ` login:`. Absent where there is no login. */
  login: z
    .string()
    .max(80)
    .regex(/^(?=.*[\p{L}\p{N}])\P{Cc}+$/u)
    .optional(),
  /** Lines by what they mean. */
  signs: z.partialRecord(z.enum(SIGNS), z.array(signLine).max(50)),
});

export type ConsoleFacts = z.output<typeof consoleSchema>;
/** Whether a line begins with these texts, in this order, between which anything may stand. Leading spaces count for nothing. */
function fits(line: string, sign: string): boolean {
  const [first = '', ...others] = sign.split('*');
  if (!line.startsWith(first)) return false;
  let at = first.length;
  for (const text of others) {
    const found = line.indexOf(text, at);
    if (found === -1) return false;
    at = found + text.length;
  }
  return true;
}

type Signs = Pick<ConsoleFacts, 'signs'>;

function signOf<Wanted extends Sign>(
  line: string,
  { signs }: Signs,
  wanted: readonly Wanted[],
): Wanted | undefined {
  const text = line.trimStart().slice(0, LOOKED_AT);
  return wanted.find((sign) => signs[sign]?.some((each) => fits(text, each)));
}

/** The milestone that a line shows. */
export function milestoneSign(line: string, console: Signs): MilestoneSign | undefined {
  return signOf(line, console, MILESTONE_SIGNS);
}

/** The symptom that a line shows. */
export function symptomSign(line: string, console: Signs): SymptomSign | undefined {
  return signOf(line, console, SYMPTOM_SIGNS);
}

/** The lines of a sign for people: `iscsistart: … is operational now`, several joined by `or`; undefined where there is none. */
export function signWords({ signs }: Signs, sign: Sign): string | undefined {
  const lines = (signs[sign] ?? []).map((line) => line.replace(/^\*+/, '').replaceAll('*', '…').trim());
  return lines.length === 0 ? undefined : lines.join(', or ');
}

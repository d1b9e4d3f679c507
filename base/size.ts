/** Sizes as recipes, sites and options write them. */
import type { Checked } from './schema/checked.js';

const KIB = 1024;
export const MIB = 1024 * KIB;

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  K: KIB,
  M: MIB,
  G: 1024 * MIB,
  T: 1024 * 1024 * MIB,
};
/** What a size looks like, for error messages. */
export const SIZE_EXPECTED =
  'a whole number of bytes, or one with K, M, G or T (binary units: 1M is 1 MiB), in multiples of 1 MiB';

/** `512M`, `10G` or bytes, as bytes. Binary units, no fractions, a multiple of 1 MiB, at least 1 MiB. */
export function parseSize(value: string | number): Checked<number> {
  const text = String(value).trim();
  const problem = (what: string, hint?: string): Checked<number> => ({
    problem: { what, expected: SIZE_EXPECTED, found: `\`${text}\``, ...(hint === undefined ? {} : { hint }) },
  });
  const fraction = /^([0-9]*\.[0-9]+)\s*([KMGT])(?:i?B)?$/i.exec(text);
  if (fraction !== null)
    return problem('A size has no fraction.', wholeUnits(fraction[1] ?? '', fraction[2] ?? ''));
  const match = /^([0-9]+)([KMGT]?)$/.exec(text);
  if (match === null) {
    const near = /^([0-9]+)\s*([KMGT])(?:i?B)?$/i.exec(text);
    return problem(
      'Not a size.',
      near === null ? undefined : `Write \`${near[1]}${near[2]?.toUpperCase()}\`.`,
    );
  }
  const bytes = Number(match[1]) * (FACTORS[match[2] ?? ''] ?? 1);
  if (!Number.isSafeInteger(bytes)) return problem('The size is too large.');
  if (bytes === 0) return problem('A size must be greater than zero.');
  if (bytes % MIB !== 0)
    return problem('The size is no multiple of 1 MiB.', `Write \`${Math.ceil(bytes / MIB)}M\`.`);
  return { value: bytes };
}

/** Bytes in the largest unit that holds them wholly: `512M`, `4G`. */
export function formatSize(bytes: number): string {
  for (const unit of ['T', 'G', 'M', 'K']) {
    const factor = FACTORS[unit] ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}

function wholeUnits(number: string, unit: string): string | undefined {
  const mebibytes = Math.ceil((Number(number) * (FACTORS[unit.toUpperCase()] ?? 1)) / MIB);
  return mebibytes > 0 ? `Write \`${formatSize(mebibytes * MIB)}\`.` : undefined;
}

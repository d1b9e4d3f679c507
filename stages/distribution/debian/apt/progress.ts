/** Progress from what apt-get prints anyway, so that the log holds nothing but apt's own words. */

export interface AptProgress {
  readonly what: 'download' | 'unpack' | 'configure';
  readonly done: number;
  readonly total: number | undefined;
  readonly unit: 'bytes' | 'packages';
}

const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** `9,876 kB` in bytes: apt counts in powers of ten. */
export function parseSize(text: string): number | undefined {
  const match = /^([\d.,]+) (B|kB|MB|GB)$/.exec(text);
  if (match === null) return undefined;
  return Math.round(Number((match[1] ?? '').replaceAll(',', '')) * (UNITS[match[2] ?? ''] ?? 1));
}

/** Takes apt-get's lines one by one; returns what a line says about the progress, if anything. */
export function aptProgress(): (line: string) => AptProgress | undefined {
  let packages: number | undefined;
  let bytes: number | undefined;
  let fetched = 0;
  let unpacked = 0;
  let configured = 0;
  return (line) => {
    const summary = /^(\d+) upgraded, (\d+) newly installed, (?:(\d+) (?:downgraded|reinstalled), )?/.exec(
      line,
    );
    if (summary !== null) {
      packages = Number(summary[1]) + Number(summary[2]) + Number(summary[3] ?? 0);
      // A bootstrap tool has several transactions, of which each counts its own packages.
      unpacked = 0;
      configured = 0;
      return undefined;
    }
    const need = /^Need to get ([\d.,]+ [kMG]?B)(?:\/[\d.,]+ [kMG]?B)? of archives\.$/.exec(line);
    if (need !== null) {
      bytes = parseSize(need[1] ?? '');
      return undefined;
    }
    const got = /^Get:\d+ .* \[([\d.,]+ [kMG]?B)\]$/.exec(line);
    if (got !== null) {
      // `apt-get update` prints such lines too, but no sum: its downloads count upwards without a total.
      fetched += parseSize(got[1] ?? '') ?? 0;
      return {
        what: 'download',
        done: bytes === undefined ? fetched : Math.min(fetched, bytes),
        total: bytes,
        unit: 'bytes',
      };
    }
    if (/^Unpacking \S+ \(.*\) \.\.\.$/.test(line)) {
      unpacked += 1;
      return { what: 'unpack', done: unpacked, total: atLeast(packages, unpacked), unit: 'packages' };
    }
    if (/^Setting up \S+ \(.*\) \.\.\.$/.test(line)) {
      configured += 1;
      return { what: 'configure', done: configured, total: atLeast(packages, configured), unit: 'packages' };
    }
    return undefined;
  };
}

/** Undefined for a sum that is of fewer packages than there were. */
function atLeast(total: number | undefined, done: number): number | undefined {
  return total === undefined || total < done ? undefined : total;
}

/** Why a step has to run: which of its inputs differ from those of the newest entry of the same step. */
import type { StepInputs } from './fingerprint.js';

export interface InputChange {
  /** Which input, e.g. `options.install[3]` or `packages.libc6:amd64`. */
  readonly input: string;
  readonly old?: string;
  readonly new?: string;
}

/** What differs, sorted by input; `below` only when nothing else does, since it follows from the step below. */
export function explainMiss(old: StepInputs, now: StepInputs): InputChange[] {
  const [before, after] = [flatten(old), flatten(now)];
  const changes = [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((input): InputChange[] => {
    const [was, is] = [before.get(input), after.get(input)];
    if (was === is) return [];
    return [{ input, ...(was === undefined ? {} : { old: was }), ...(is === undefined ? {} : { new: is }) }];
  });
  const own = changes.filter(({ input }) => input !== 'below');
  return own.length > 0 ? own : changes;
}

function flatten(value: unknown, at = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null) {
    if (value !== undefined) into.set(at, JSON.stringify(value));
    return into;
  }
  for (const [key, inner] of Object.entries(value)) {
    const below = Array.isArray(value) ? `${at}[${key}]` : at === '' ? key : `${at}.${key}`;
    flatten(inner, below, into);
  }
  return into;
}

/** One change in a line: `options.lang: "C.UTF-8" -> "en_US.UTF-8"`. */
export function describeChange({ input, old, new: now }: InputChange): string {
  return `${input}: ${shorten(old ?? 'absent')} -> ${shorten(now ?? 'absent')}`;
}

/** Digests are told apart by their first digits; what is long is cut. */
function shorten(text: string): string {
  const short = text.replace(/[0-9a-f]{64}/g, (digest) => `${digest.slice(0, 12)}…`);
  return short.length > 80 ? `${short.slice(0, 79)}…` : short;
}

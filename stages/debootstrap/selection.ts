/** Which packages a base system begins with, as the bootstrap tools choose them. */
import type { PackageRequest } from '../distribution/debian/apt/solve.js';
import { fieldOf } from '../distribution/debian/apt/stanza.js';
import { pretend } from '../distribution/debian/apt/world.js';
import type { Variant } from './variant.js';

/**
 * Debian 12 would install usrmerge, which needs all of Perl; the tools make the links of a merged /usr themselves and install
 * the empty package that says so. Later releases bring the links.
 */
const NEEDS_USRMERGE = new Set(['bookworm']);

export function needsUsrmerge(suite: string): boolean {
  return NEEDS_USRMERGE.has(suite);
}

const PRIORITIES: Readonly<Record<Variant, readonly string[]>> = {
  minbase: ['required'],
  important: ['required', 'important'],
  standard: ['required', 'important', 'standard'],
};

export interface BaseSystem {
  readonly suite: string;
  readonly architecture: string;
  readonly variant: Variant;
  readonly include: readonly string[];
}

/** apt-patterns(7), as in mmdebstrap's own two transactions. */
export function baseRequest({ suite, architecture, variant, include }: BaseSystem): PackageRequest {
  const within = (what: string) =>
    `?narrow(?or(?archive(^${suite}$),?codename(^${suite}$)),?architecture(${architecture}),${what})`;
  const priorities = PRIORITIES[variant].map((name) => `?priority(${name})`).join(',');
  return {
    install: [
      within('?essential'),
      ...(needsUsrmerge(suite) ? ['usr-is-merged'] : []),
      ...include,
      within(`?and(?or(${priorities}),?not(?essential))`),
    ],
    remove: [],
    recommends: false,
  };
}

/** Whether a package belongs to the base system by itself, not as a dependency. */
export function isBase(
  { variant, include }: Pick<BaseSystem, 'variant' | 'include'>,
  name: string,
  stanza: string,
): boolean {
  return (
    fieldOf(stanza, 'Essential') === 'yes' ||
    PRIORITIES[variant].includes(fieldOf(stanza, 'Priority') ?? '') ||
    include.includes(name)
  );
}

/** What counts as installed before anything is. */
export function baseInstalled(suite: string): Readonly<Record<string, string>> {
  return needsUsrmerge(suite) ? Object.fromEntries([pretend('usr-is-merged')]) : {};
}

/**
 * Which archive a Debian root is built from. In this order: what the user chose for this build (`--mirror` or the
 * environment), the step's `mirror`, the host's own apt sources for Debian, the bootstrap tool's built-in default.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../../../base/failure.js';
import type { RootTree } from '../../../rootfs/tree.js';
import { type AptSource, type NamedSource, parseDeb822, parseOneLine } from './sources.js';

export const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Suites of Debian by which its sources are told from those of other archives. */
const DEBIAN_SUITES = new Set(
  'stable oldstable oldoldstable testing unstable sid buster bullseye bookworm trixie forky duke'.split(' '),
);
/** Suites without `-updates` and `-security`. */
const ROLLING = new Set(['unstable', 'sid']);

export type Pocket = 'updates' | 'security';

export interface MirrorChoice {
  readonly origin: 'override' | 'recipe' | 'host' | 'default';
  /** The archive. */
  readonly main: string;
  /** The security archive. */
  readonly security: string;
}

export interface MirrorWishes {
  readonly override: string | undefined;
  readonly recipe: string | undefined;
  readonly recipeSecurity: string | undefined;
  readonly host: readonly AptSource[];
  /** Of the bootstrap tool. */
  readonly fallback?: string | undefined;
}

/** Applies the order above; undefined when none of them names an archive. */
export function chooseMirror(wishes: MirrorWishes): MirrorChoice | undefined {
  const { override, recipe, recipeSecurity, host } = wishes;
  if (override !== undefined)
    return { origin: 'override', main: trim(override), security: securitySibling(override) };
  if (recipe !== undefined) {
    return {
      origin: 'recipe',
      main: trim(recipe),
      security: trim(recipeSecurity ?? securitySibling(recipe)),
    };
  }
  const debian = host.filter(servesDebian);
  const main = debian.find(({ suite }) => DEBIAN_SUITES.has(suite));
  if (main === undefined) {
    if (wishes.fallback === undefined) return undefined;
    const fallback = trim(wishes.fallback);
    return { origin: 'default', main: fallback, security: trim(recipeSecurity ?? securitySibling(fallback)) };
  }
  const security = debian.find(({ suite }) => suite.endsWith('-security') || suite.endsWith('/updates'));
  return {
    origin: 'host',
    main: main.uri,
    security: trim(recipeSecurity ?? security?.uri ?? securitySibling(main.uri)),
  };
}

/** @param option where a recipe names one, such as `mirror` @throws Failure of kind `recipe` when none is named anywhere */
export function requireMirror(
  wishes: MirrorWishes,
  { option, stage }: { readonly option: string; readonly stage: string },
): MirrorChoice {
  const choice = chooseMirror(wishes);
  if (choice !== undefined) return choice;
  throw new Failure('recipe', {
    what: 'Neither the recipe, nor this host, nor the bootstrap tool names an archive of Debian.',
    hint: `Give \`${option}\` to the \`${stage}\` step, or run the same command with \`--mirror URL\`.`,
  });
}

/** `…/debian` -> `…/debian-security`, as on Debian's own mirrors. */
export function securitySibling(uri: string): string {
  return `${trim(uri).replace(/-security$/, '')}-security`;
}

function trim(uri: string): string {
  return uri.replace(/\/+$/, '');
}

/** Other archives use Debian's suite names too: theirs are bound to another keyring or hold no `main`. */
function servesDebian({ uri, suite, components, signedBy }: AptSource): boolean {
  const base = suite.replace(/-(updates|security|backports|proposed-updates)$|\/updates$/, '');
  return (
    /^https?:\/\//.test(uri) &&
    DEBIAN_SUITES.has(base) &&
    components.includes('main') &&
    (signedBy === undefined || /\/debian-archive-[^/]*$/.test(signedBy))
  );
}

/** The pockets that a suite has when the recipe does not say. */
export function defaultPockets(suite: string): Pocket[] {
  return ROLLING.has(suite) || suite === 'experimental' ? [] : ['updates', 'security'];
}

export interface SuiteWishes {
  readonly suite: string;
  readonly components: readonly string[];
  readonly pockets: readonly Pocket[];
  /** Path of the keyring as it is seen where the sources are used. */
  readonly signedBy: string;
}

/** The sources of a suite and its pockets, of the archives `main` and `security`. */
export function suiteSources(
  mirror: Pick<MirrorChoice, 'main' | 'security'>,
  wishes: SuiteWishes,
): NamedSource[] {
  const { suite, components, pockets, signedBy } = wishes;
  const one = (archive: 'main' | 'security', name: string): NamedSource => ({
    archive,
    uri: mirror[archive],
    suite: name,
    components,
    signedBy,
  });
  return [
    one('main', suite),
    ...(pockets.includes('updates') ? [one('main', `${suite}-updates`)] : []),
    ...(pockets.includes('security') ? [one('security', securitySuite(suite))] : []),
  ];
}

/** Since bullseye the security suite is `X-security`; before it was `X/updates`. */
function securitySuite(suite: string): string {
  return suite === 'buster' ? 'buster/updates' : `${suite}-security`;
}

/** What the host's own apt uses; a host without apt has none. */
export async function hostSources(etcApt = '/etc/apt'): Promise<AptSource[]> {
  return readSources(etcApt, {
    read: (path) => readFile(path, 'utf8').catch(() => undefined),
    names: async (path) => (await readdir(path).catch(() => [])).sort(),
  });
}

/** The sources of an apt, in its order. @param tree whose files they are */
export async function readSources(
  etcApt: string,
  tree: Pick<RootTree, 'read' | 'names'>,
): Promise<AptSource[]> {
  const text = async (path: string) => (await tree.read(path)) ?? '';
  const parts = join(etcApt, 'sources.list.d');
  const found = [parseOneLine(await text(join(etcApt, 'sources.list')))];
  for (const name of await tree.names(parts)) {
    if (name.endsWith('.list')) found.push(parseOneLine(await text(join(parts, name))));
    if (name.endsWith('.sources')) found.push(parseDeb822(await text(join(parts, name))));
  }
  return found.flat();
}

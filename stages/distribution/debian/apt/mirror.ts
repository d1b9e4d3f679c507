/**
 * Which archive a root is built from. In this order: what the user chose for this build (`--mirror` or the environment), the
 * step's `mirror`, the host's own apt sources of the same vendor, the bootstrap tool's built-in default.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Failure } from '../../../../base/failure.js';
import type { RootTree } from '../../../rootfs/tree.js';
import { type AptSource, type NamedSource, parseDeb822, parseOneLine } from './sources.js';
import { DEBIAN, type Pocket, type Vendor } from './vendor.js';

export interface MirrorChoice {
  readonly origin: 'override' | 'recipe' | 'host' | 'default';
  /** The archive. */
  readonly main: string;
  /** The security archive. */
  readonly security: string;
}

export interface MirrorWishes {
  /** Who makes the suite; default: Debian. */
  readonly vendor?: Vendor;
  readonly override: string | undefined;
  readonly recipe: string | undefined;
  readonly recipeSecurity: string | undefined;
  readonly host: readonly AptSource[];
  /** Of the bootstrap tool. */
  readonly fallback?: string | undefined;
}

/** Applies the order above; undefined when none of them names an archive. */
export function chooseMirror(wishes: MirrorWishes): MirrorChoice | undefined {
  const { vendor = DEBIAN, override, recipe, recipeSecurity, host } = wishes;
  if (override !== undefined) {
    const main = trim(override);
    return { origin: 'override', main, security: vendor.security(main) };
  }
  const choice = (
    origin: MirrorChoice['origin'],
    archive: string,
    securitySource?: AptSource,
  ): MirrorChoice => {
    const main = trim(archive);
    return { origin, main, security: trim(recipeSecurity ?? securitySource?.uri ?? vendor.security(main)) };
  };
  if (recipe !== undefined) return choice('recipe', recipe);
  const own = host.filter((each) => serves(vendor, each));
  const main = own.find(({ suite }) => vendor.suites.has(suite));
  if (main !== undefined) {
    const security = own.find(({ suite }) => suite.endsWith('-security') || suite.endsWith('/updates'));
    return choice('host', main.uri, security);
  }
  return wishes.fallback === undefined ? undefined : choice('default', wishes.fallback);
}

/** @param option where a recipe names one, such as `mirror` @throws Failure of kind `recipe` when none is named anywhere */
export function requireMirror(
  wishes: MirrorWishes,
  { option, stage }: { readonly option: string; readonly stage: string },
): MirrorChoice {
  const choice = chooseMirror(wishes);
  if (choice !== undefined) return choice;
  throw new Failure('recipe', {
    what: `Neither the recipe, nor this host, nor the bootstrap tool names an archive of ${(wishes.vendor ?? DEBIAN).name}.`,
    hint: `Give \`${option}\` to the \`${stage}\` step, or run the same command with \`--mirror URL\`.`,
  });
}

function trim(uri: string): string {
  return uri.replace(/\/+$/, '');
}

/** Other archives use the vendor's suite names too: theirs are bound to another keyring or hold no `main`. */
function serves(vendor: Vendor, { uri, suite, components, signedBy }: AptSource): boolean {
  const base = suite.replace(/-(updates|security|backports|proposed-updates|proposed)$|\/updates$/, '');
  const keys = basename(vendor.keyring).replace(/keyring\.gpg$/, '');
  return (
    /^https?:\/\//.test(uri) &&
    vendor.suites.has(base) &&
    components.includes('main') &&
    (signedBy === undefined || basename(signedBy).startsWith(keys))
  );
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

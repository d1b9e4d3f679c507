/**
 * apt's lists of sources, both styles of sources.list(5): one line per source (`*.list`) and deb822 stanzas
 * (`*.sources`). Only what fetches binary packages is kept; what apt would ignore is ignored.
 */

import { withoutCredentials } from '../../../../base/url.js';

/** One suite of one archive. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Path of the keyring that the source is bound to. */
  readonly signedBy?: string;
}

/** A source whose archive has a name, which a lock writes down in the place of its address. */
export interface NamedSource extends AptSource {
  readonly archive: string;
  /** Path of the keyring where the source is used. */
  readonly signedBy: string;
}

/** `deb [option=value …] uri suite component…`; `deb-src` and malformed lines are left out. */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((raw) => {
    const line = raw.replace(/#.*$/, '').trim();
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)(?:\s+(.*))?$/.exec(line);
    if (match === null) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    return [source(uri, suite, words(components), signedBy)];
  });
}

/** Stanzas of `Field: value`, with continuation lines; `Enabled: no` and `Types` without `deb` are left out. */
export function parseDeb822(text: string): AptSource[] {
  const stanzas = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const fields = new Map<string, string>();
    let last = '';
    for (const line of stanza.split('\n')) {
      const field = /^([A-Za-z][A-Za-z0-9-]*):(.*)$/.exec(line);
      if (field !== null) {
        last = (field[1] ?? '').toLowerCase();
        fields.set(last, (field[2] ?? '').trim());
      } else if (/^\s/.test(line) && last !== '') {
        fields.set(last, `${fields.get(last)}\n${line.trim()}`);
      }
    }
    if (!words(fields.get('types') ?? '').includes('deb')) return [];
    if (/^(no|false|0|off|without|disable)$/i.test(fields.get('enabled') ?? 'yes')) return [];
    const keys = fields.get('signed-by');
    // An embedded key spans lines; only a path can be told from another keyring.
    const signedBy = keys?.startsWith('/') === true ? words(keys)[0] : undefined;
    return words(fields.get('uris') ?? '').flatMap((uri) =>
      words(fields.get('suites') ?? '').map((suite) =>
        source(
          uri,
          suite,
          words(fields.get('components') ?? ''),
          keys === undefined ? undefined : (signedBy ?? 'inline'),
        ),
      ),
    );
  });
}

function source(uri: string, suite: string, components: string[], signedBy: string | undefined): AptSource {
  // A password in a source of this host shall not end in an image, a lock or a log.
  return {
    uri: withoutCredentials(uri).replace(/\/+$/, ''),
    suite,
    components,
    ...(signedBy === undefined ? {} : { signedBy }),
  };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** The one-line form of a source. */
export function formatSource({ uri, suite, components, signedBy }: AptSource): string {
  const options = signedBy === undefined ? '' : `[signed-by=${signedBy}] `;
  return `deb ${options}${uri} ${suite} ${components.join(' ')}`.trimEnd();
}

/** The text of a sources.list(5). */
export function formatSources(sources: readonly AptSource[]): string {
  return `${sources.map(formatSource).join('\n')}\n`;
}

/** URL of the folder in which a source has its index, with a slash at its end. */
export function indexFolder({ uri, suite }: Pick<AptSource, 'uri' | 'suite'>): string {
  // An archive without suites has its index in the folder itself.
  return suite.endsWith('/') ? `${uri}/${suite === '/' ? '' : suite}` : `${uri}/dists/${suite}/`;
}

/**
 * How apt begins the names of a source's index files in /var/lib/apt/lists: no scheme and no user, these characters as
 * `%xx`, then slashes as underscores (URItoFileName in apt's strutl.cc).
 */
export function listPrefix({ uri, suite }: Pick<AptSource, 'uri' | 'suite'>): string {
  return indexFolder({ uri: uri.replace(/^[a-z+]+:\/\//i, '').replace(/^[^/]*@/, ''), suite })
    .replace(/[\\|{}[\]<>"^~_=!@#$%&*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
    .replaceAll('/', '_');
}

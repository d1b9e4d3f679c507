/** What `apt-get --print-uris` says that it would download. */

/** One package of apt's solution. */
export interface Chosen {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly url: string;
}

/**
 * Lines are `'URL' NAME_VERSION_ARCHITECTURE.deb SIZE HASH`, with a `:` of the version as `%3a` in the file's name (apt's
 * pkgAcqArchive); everything else is not a package.
 */
export function parseUris(text: string): Chosen[] {
  return text.split('\n').flatMap((line) => {
    const match = /^'([^']+)' ([^\s_]+)_([^\s_]+)_([^\s_.]+)\.u?deb \d+ /.exec(line);
    if (match === null) return [];
    const [, url = '', name = '', version = '', architecture = ''] = match;
    return [{ url, name: unquote(name), version: unquote(version), architecture }];
  });
}

function unquote(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Names of the packages that `apt-get --simulate` would remove: lines `Remv NAME[:ARCHITECTURE] [VERSION]`. */
export function parseRemovals(text: string): string[] {
  return text.split('\n').flatMap((line) => /^(?:Remv|Purg) ([^\s:]+)/.exec(line)?.[1] ?? []);
}

/** Which archive a URL lies in, and the path below it; the longest address wins. */
export function placeInArchive(
  url: string,
  archives: Readonly<Record<string, string>>,
): { readonly archive: string; readonly path: string } | undefined {
  const [best] = Object.entries(archives)
    .filter(([, base]) => url.startsWith(`${base}/`))
    .sort(([, a], [, b]) => b.length - a.length);
  if (best === undefined) return undefined;
  const [archive, base] = best;
  return { archive, path: plainPath(decodeURIComponent(url.slice(base.length + 1))) };
}

/** Archives without suites write `./NAME` for what lies beside their index. */
export function plainPath(path: string): string {
  return path.replaceAll(/(^|\/)(\.\/)+/g, '$1');
}

/**
 * Where packages come from: servers as a mirrorlist of pacman.conf(5) names them, with `$repo` and `$arch` in their URLs; `$snapshot`
 * in them is ours, for servers that keep each day, and never gets as far as pacman.
 */
import { readFileSync } from 'node:fs';
import type { Diagnostic } from '../../../../base/failure.js';
import { didYouMean } from '../../../../base/suggest.js';
import { ARCH_ARCHITECTURE } from './architecture.js';

/** The host's own list, where it has one. */
const HOST_MIRRORLIST = '/etc/pacman.d/mirrorlist';

const VARIABLES = ['$repo', '$arch', '$snapshot'];

export interface ServerWishes {
  /** What `--mirror` says: a server, or the folder in which `$repo/os/$arch` lies; of a snapshot that of all days. */
  readonly override: string | undefined;
  /** Those of the recipe. */
  readonly mirrors: readonly string[] | undefined;
  readonly imageMirrors: readonly string[] | undefined;
  readonly host: readonly string[];
  /** The day of an archive, `2026-11-01`; it stands for `$snapshot` as `2026/11/01`. */
  readonly snapshot: string | undefined;
}

export interface ServerProblem extends Omit<Diagnostic, 'place'> {
  /** Which option it is about, and which of its servers. */
  readonly path: readonly (string | number)[];
}

export interface Servers {
  /** In the order in which they are asked. */
  readonly build: readonly string[];
  /** What the image names; an override serves the build alone. */
  readonly image: readonly string[];
  readonly problems: readonly ServerProblem[];
}

export function chooseServers(wishes: ServerWishes): Servers {
  const { override, mirrors, imageMirrors, host, snapshot } = wishes;
  const build = override === undefined ? (mirrors ?? host) : [withPath(override, snapshot)];
  const image = imageMirrors ?? mirrors ?? host;
  const at = (option: string, servers: readonly string[] | undefined, dated: boolean) =>
    (servers ?? []).flatMap((server, index) => {
      const problem = problemOf(server, snapshot, dated);
      return problem === undefined ? [] : [{ path: [option, index], ...problem }];
    });
  // Of a server that the recipe does not name the place is what asks something of it.
  const from = (who: string, servers: readonly string[]) =>
    at('snapshot', servers, true).map(({ path: _, what, ...rest }) => ({
      path: snapshot === undefined ? [] : ['snapshot'],
      what: `${who}: ${what}`,
      ...rest,
    }));
  return {
    build: build.map((server) => ofDay(server, snapshot)),
    image: image.map((server) => ofDay(server, snapshot)),
    problems: [
      ...at('mirrors', mirrors, true),
      ...at('image-mirrors', imageMirrors, false),
      ...(override === undefined ? [] : from('`--mirror`', build)),
      ...(override === undefined && mirrors === undefined
        ? from(`${HOST_MIRRORLIST} of this host`, host)
        : []),
      ...(build.length === 0 ? [NONE] : []),
    ],
  };
}

const NONE: ServerProblem = {
  path: [],
  what: 'Neither the recipe nor this host names a mirror of Arch Linux.',
  expected: '`mirrors`, such as `https://mirror.example.org/archlinux/$repo/os/$arch`',
  hint: 'Name one there, or run the same command with `--mirror URL`.',
};

/** @param dated whether it has to keep the packages of the day that is asked for */
function problemOf(
  server: string,
  snapshot: string | undefined,
  dated: boolean,
): Omit<ServerProblem, 'path'> | undefined {
  const words: readonly string[] = server.match(/\$\{?[A-Za-z_]+\}?/g) ?? [];
  const unknown = words.find((word) => !VARIABLES.includes(word));
  if (unknown !== undefined) {
    const expected = 'no other than `$repo`, `$arch` and `$snapshot`';
    return { what: `\`${unknown}\` stands for nothing.`, expected, ...didYouMean(unknown, VARIABLES) };
  }
  if (snapshot === undefined && words.includes('$snapshot')) {
    return { what: '`$snapshot` stands for a day that is not given.', hint: 'Give it in `snapshot`.' };
  }
  if (snapshot === undefined || !dated || words.includes('$snapshot')) return undefined;
  return {
    what: 'This server does not keep the packages of a day.',
    expected:
      '`$snapshot` in its URL, such as `https://mirror.example.org/archive/repos/$snapshot/$repo/os/$arch`',
    found: server,
    hint: 'Name a server that keeps each day, or leave `snapshot` out.',
  };
}

function ofDay(server: string, snapshot: string | undefined): string {
  return snapshot === undefined ? server : server.replaceAll('$snapshot', snapshot.replaceAll('-', '/'));
}

function withPath(server: string, snapshot: string | undefined): string {
  if (server.includes('$repo')) return server;
  const day = snapshot === undefined || server.includes('$snapshot') ? '' : '/$snapshot';
  return `${server.replace(/\/+$/, '')}${day}/$repo/os/$arch`;
}

/** The server's URL for a repository, without a slash at its end. */
export function repositoryUrl(server: string, repository: string): string {
  return server.replaceAll('$repo', repository).replaceAll('$arch', ARCH_ARCHITECTURE).replace(/\/+$/, '');
}

/** `Server = URL` lines of a mirrorlist. */
export function parseMirrorlist(text: string): string[] {
  return text.split('\n').flatMap((line) => /^\s*Server\s*=\s*(\S+)/.exec(line)?.[1] ?? []);
}

export function mirrorlistText(servers: readonly string[]): string {
  return servers.map((server) => `Server = ${server}\n`).join('');
}

export function hostServers(): string[] {
  try {
    return parseMirrorlist(readFileSync(HOST_MIRRORLIST, 'utf8'));
  } catch {
    return [];
  }
}

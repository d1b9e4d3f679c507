/** Where packages come from: servers as a mirrorlist of pacman.conf(5) names them, with `$repo` and `$arch` in their URLs. */
import { readFile } from 'node:fs/promises';
import { ARCH_ARCHITECTURE } from './architecture.js';

/** The host's own list, where it has one. */
const HOST_MIRRORLIST = '/etc/pacman.d/mirrorlist';

export interface ServerWishes {
  /** What `--mirror` says: a server, or the folder in which `$repo/os/$arch` lies. */
  readonly override: string | undefined;
  readonly recipe: readonly string[] | undefined;
  /** The day of an archive, `2026-11-01`; it stands for `$snapshot` as `2026/11/01`. */
  readonly snapshot: string | undefined;
}

/** Servers in the order in which they are asked; none when none is configured. */
export function chooseServers(wishes: ServerWishes, host: readonly string[]): string[] {
  const { override, recipe, snapshot } = wishes;
  const named = override === undefined ? (recipe ?? host) : [withPath(override)];
  return named.map((server) =>
    snapshot === undefined ? server : server.replaceAll('$snapshot', snapshot.replaceAll('-', '/')),
  );
}

function withPath(server: string): string {
  return server.includes('$repo') ? server : `${server.replace(/\/+$/, '')}/$repo/os/$arch`;
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

export async function hostServers(): Promise<string[]> {
  return parseMirrorlist(await readFile(HOST_MIRRORLIST, 'utf8').catch(() => ''));
}

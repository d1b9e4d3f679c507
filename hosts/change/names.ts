/** Names of releases and generations in lines and messages. */
import type { ClientImage } from '../site/facts.js';
import type { Draft } from './draft.js';

/** First digits of a digest. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}

/** `debian-bookworm@0123456789ab`, where the recipe is known. @param digest none: of a LUN that is no clone */
export function releaseName(
  { about, before }: Pick<Draft, 'about' | 'before'>,
  digest: string | undefined,
): string {
  if (digest === undefined) return 'no release';
  const recipe =
    about.releases.get(digest)?.manifest.recipe.name ??
    Object.values(before.channels)
      .flatMap(({ history }) => history)
      .find(({ release }) => release === digest)?.recipe;
  return recipe === undefined ? short(digest) : `${recipe}@${short(digest)}`;
}

/** `web1`, `web1 and web2`, `web1, web2 and web3`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Bytes as MiB; of what is no multiple, rounded up. */
export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

/** That a client gets a LUN of its own. */
export function freshLine(
  draft: Pick<Draft, 'about' | 'before'>,
  client: string,
  { name, blank, bytes = 0 }: ClientImage,
  release?: string,
): string {
  const shared =
    release !== undefined && draft.about.releases.get(release)?.manifest.disk.overlay !== undefined;
  if (blank !== true && shared)
    return `client ${client}: its next boot of ${name} is ${releaseName(draft, release)} itself, which all its clients share and none writes to`;
  const installer =
    release === undefined
      ? ''
      : `, and beside it a fresh clone of ${releaseName(draft, release)}, which installs there`;
  return blank === true
    ? `client ${client}: ${name} is a new LUN of ${mebibytes(bytes)} with nothing on it${installer}`
    : `client ${client}: its next boot of ${name} is a fresh clone of ${releaseName(draft, release)}`;
}

/** Seconds as whole days or hours: `7 days`. */
export function timeWords(seconds: number): string {
  const [count, unit] = seconds % 86_400 === 0 ? [seconds / 86_400, 'day'] : [seconds / 3600, 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

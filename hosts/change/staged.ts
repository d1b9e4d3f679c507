/**
 * A staged promotion: the channel is at the new release from the first stage on, but only a part of its clients get clones of it; the
 * others boot what they have and are behind, until the same promotion is wished of more of them, or of all.
 */
import { sha256OfText } from '../../base/digest.js';
import { Failure } from '../../base/failure.js';
import { didYouMean } from '../../base/suggest.js';
import type { Draft } from './draft.js';
import type { Stage } from './intent.js';
import { listed } from './names.js';

/**
 * Which of the channel's clients a stage is about.
 * @throws Failure of kind `usage` for a client that does not follow the channel on this host
 */
export function clientsOfStage(
  { about }: Draft,
  channel: string,
  followers: readonly string[],
  { only, percent }: Stage,
): ReadonlySet<string> {
  const all = [...new Set(followers)];
  if (only !== undefined) {
    Failure.throwAll(
      only
        .filter((name) => !all.includes(name))
        .map((name) => noFollower(name, { channel, host: about.host.name, all })),
    );
    return new Set(only);
  }
  if (percent === undefined) return new Set(all);
  // By digests, so that the first ones are not always those of one rack, and not those of every channel.
  const place = (name: string) => sha256OfText(`${channel} ${name}`);
  const inOrder = all.sort((a, b) => (place(a) < place(b) ? -1 : 1));
  return new Set(inOrder.slice(0, Math.ceil((inOrder.length * percent) / 100)));
}

function noFollower(
  name: string,
  {
    channel,
    host,
    all,
  }: { readonly channel: string; readonly host: string; readonly all: readonly string[] },
): Failure {
  return new Failure('usage', {
    what: `\`${name}\` is no client of the channel ${channel} on ${host}.`,
    ...(all.length === 0 ? {} : { expected: `some of ${listed(all)}` }),
    ...didYouMean(name, all),
  });
}

/** Releases that lie on a target host and that nothing there needs any more: told apart from the others, and removed. */
import type { Ports } from '../base/ports.js';
import { keepReserve } from './apply/reserve.js';
import { readState } from './apply/states.js';
import { standing } from './change/channels.js';
import type { TargetHost } from './host/host.js';
import { hostLayout } from './host/layout.js';
import { type LockOptions, requireLockable, takeHostLock } from './host/lock.js';
import type { HostState } from './host/state.js';

/** Why releases are needed: `the channel stable is at it`, by digest. */
export type ReleaseNeeds = ReadonlyMap<string, readonly string[]>;

/** What clients see needs them, and nothing else: a change that was begun and cut off is removed by the next one. Pure. */
export function releaseNeeds({ channels, clients, deleted = [] }: HostState): ReleaseNeeds {
  const needs = new Map<string, Set<string>>();
  const add = (digest: string | undefined, why: string) => {
    if (digest !== undefined) needs.set(digest, (needs.get(digest) ?? new Set()).add(why));
  };
  for (const [name, channel] of Object.entries(channels)) {
    add(channel.release, `the channel ${name} is at it`);
    add(standing(channel).at(-2)?.release, `a rollback of the channel ${name} leads to it`);
  }
  for (const [name, { images }] of Object.entries(clients)) {
    const generations = Object.values(images).flatMap((image) => image.generations);
    for (const { release } of generations) add(release, `the client ${name} has a clone of it`);
  }
  for (const { facts, generations } of deleted)
    for (const { release } of generations)
      add(release, `a LUN of the client ${facts.name} that was deleted is a clone of it`);
  return new Map([...needs].map(([digest, why]) => [digest, [...why]]));
}

export interface Removal {
  /** What is removed of these, the host being locked. @throws Failure for one that must stay */
  readonly choose: (needs: ReleaseNeeds) => Promise<readonly string[]>;
  readonly lock: Pick<LockOptions, 'words'>;
}

/**
 * A folder counts as a release while it lies under its digest; from `incoming/` the next transfer of the same release goes on, if the
 * rest is cut off.
 */
const REMOVE = `
root=$1; shift
for digest; do
  [ -d "$root/releases/$digest" ] || continue
  mkdir -p "$root/incoming" && rm -rf "$root/incoming/$digest" &&
    mv "$root/releases/$digest" "$root/incoming/$digest" || exit 1
  rm -rf "$root/indexes/$digest" "$root/incoming/$digest" || exit 1
done
`;

/** What {@link removeReleases} would remove; changes nothing, and throws as it does. */
export async function toBeRemoved(host: TargetHost, choose: Removal['choose']): Promise<readonly string[]> {
  await requireLockable(host);
  return await choose(releaseNeeds(await readState(host)));
}

/**
 * While nothing on the host is changed, nor a release on its way there.
 * @returns the digests of what was removed
 * @throws as {@link Removal.choose}, and Failure of what the host refuses
 */
export async function removeReleases(
  host: TargetHost,
  { choose, lock }: Removal,
  ports: Ports,
): Promise<readonly string[]> {
  const { root, lock: changing, publishing } = hostLayout(host.facts);
  await using _lock = await takeHostLock(host, { ...lock, path: changing }, ports);
  await using _publishing = await takeHostLock(host, { ...lock, path: publishing }, ports);
  const digests = await choose(releaseNeeds(await readState(host)));
  if (digests.length > 0) {
    await host.run(['sh', '-c', REMOVE, 'sh', root, ...digests], {
      doing: `remove releases of ${host.facts.name}`,
    });
    await keepReserve(host);
  }
  return digests;
}

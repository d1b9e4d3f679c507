/**
 * LUNs that a change takes from their clients. What somebody asked to be rid of stays on the host as it is, named by the state and by no
 * target, until the time that the host keeps it for is over; what a promotion leaves behind goes at once.
 */
import type { ClientState, DeletedLuns, Generation } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import { isArray } from '../site/portal.js';
import type { Draft } from './draft.js';
import { timeWords } from './names.js';

/** Whether a host keeps what is deleted; LUNs of an array are not ours to remove. */
export function keeps(host: Pick<HostFacts, 'retention' | 'target'>): boolean {
  return host.retention > 0 && !isArray(host);
}

/** In their order, but for the one that the client boots: it is the last. */
export function currentLast({ current, generations }: ClientState['images'][string]): Generation[] {
  return [
    ...generations.filter(({ id }) => id !== current),
    ...generations.filter(({ id }) => id === current),
  ];
}

/** LUNs that go, with what is said of it. */
export function drop(draft: Draft, client: string, image: string, generations: readonly Generation[]): void {
  for (const { id, readOnly } of generations)
    draft.lines.push(
      readOnly === true
        ? `client ${client}: ${id} of ${image}, which it shared with others, is no longer offered to it`
        : `client ${client}: its clone ${id} of ${image} is removed`,
    );
  draft.dropped.push(...generations);
}

/** Takes LUNs from a client that can be brought back, the one that it booted being the last. @param how `purge`: they go at once */
export function setAside(
  draft: Draft,
  {
    facts,
    image,
    generations,
  }: Pick<DeletedLuns, 'facts' | 'image'> & {
    readonly generations: readonly Generation[];
  },
  { purge }: { readonly purge?: true | undefined } = {},
): void {
  const { about, before, deleted, lines } = draft;
  // Of a LUN that was never written to nothing can be lost.
  const shared = generations.filter(({ readOnly }) => readOnly === true);
  drop(draft, facts.name, image, shared);
  const own = generations.filter((each) => !shared.includes(each));
  const [first, ...rest] = own;
  if (first === undefined) return;
  if (purge === true || !keeps(about.host)) return drop(draft, facts.name, image, own);
  const how = `kept for ${timeWords(about.host.retention)}: npx lunsmith client undelete ${facts.name}`;
  for (const { id } of own)
    lines.push(`client ${facts.name}: its clone ${id} of ${image} is deleted, and ${how}`);
  deleted.add({
    ...{ serial: before.serial + 1, at: about.clock, facts, image, generations: [first, ...rest] },
  });
}

/** Removes all that could be brought back of a client. @returns whether there was any */
export function purgeAll(draft: Draft, client: string): boolean {
  const own = [...draft.deleted].filter(({ facts }) => facts.name === client);
  for (const each of own) remove(draft, each, 'is removed for good');
  return own.length > 0;
}

/** When what was deleted goes: RFC 3339, UTC, by the clock of the host. */
export function dueAt({ at }: Pick<DeletedLuns, 'at'>, { retention }: Pick<HostFacts, 'retention'>): string {
  return new Date(Date.parse(at) + retention * 1000).toISOString();
}

/** What was deleted before this change and kept long enough is removed. A clock that was set back removes nothing. */
export function forgetOverdue(draft: Draft): void {
  const { about, before, deleted } = draft;
  for (const each of [...deleted]) {
    if (each.serial > before.serial || Date.parse(dueAt(each, about.host)) > Date.parse(about.clock))
      continue;
    remove(draft, each, 'was deleted, and has been kept for its time: it is removed for good');
  }
}

function remove(draft: Draft, each: DeletedLuns, fate: string): void {
  draft.deleted.delete(each);
  for (const { id } of each.generations)
    draft.lines.push(`client ${each.facts.name}: its clone ${id} of ${each.image} ${fate}`);
  draft.dropped.push(...each.generations);
}

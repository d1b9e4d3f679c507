/**
 * LUNs that more than one machine has at once. A target lets in one initiator, so that two clients never share a disk; but two machines can be
 * one client: by the stick of another, or a card that was moved. Called with what a target tells of its sessions.
 */
import type { IscsiSession } from './adapter.js';

export interface SharedLun {
  /** IQN of the target. */
  readonly target: string;
  /** Of the machines, in their order. */
  readonly addresses: readonly string[];
}

/** @param most addresses of one machine: as many as the host has portals */
export function sharedLuns(sessions: readonly IscsiSession[], most = 1): SharedLun[] {
  const all = new Map<string, Set<string>>();
  for (const { target, addresses = [] } of sessions) {
    const known = all.get(target) ?? new Set();
    for (const each of addresses) known.add(each);
    all.set(target, known);
  }
  return [...all]
    .filter(([, addresses]) => addresses.size > most)
    .map(([target, addresses]) => ({ target, addresses: [...addresses].sort() }));
}

/** What is said of it, in all places. */
export function sharedWords({ target, addresses }: SharedLun): {
  readonly what: string;
  readonly hint: string;
} {
  return {
    what: `${addresses.length} machines are logged in to one LUN, or one whose address has changed: ${target} from ${addresses.join(' and ')}.`,
    hint: 'Two machines that write to one disk destroy it: switch all but one of them off. A stick leads to the LUN of the client that it was made for, whatever machine it is in.',
  };
}

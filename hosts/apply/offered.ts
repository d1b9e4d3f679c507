/** What the target of a host shall offer: every generation of every client. */

import type { ClientAccount } from '../boot-files/boot-file.js';
import { lunAt } from '../clients/clone/names.js';
import type { HostState, Lun } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import type { OfferedDisk, OfferedLun } from '../target/adapter.js';
import { accountOf, notTakeable } from './secrets.js';

/** Without those of a client whose account the target cannot take: it keeps no other client from booting. */
export function offeredLuns(
  facts: HostFacts,
  { clients }: HostState,
  accounts: ReadonlyMap<string, ClientAccount>,
): OfferedLun[] {
  const taken = Object.entries(clients).filter(
    ([client]) => notTakeable(facts, accounts, client) === undefined,
  );
  return taken.flatMap(
    ([
      client,
      {
        facts: { initiator },
        images,
      },
    ]) =>
      Object.values(images).flatMap(({ generations }) =>
        generations.map(({ target, installer, ...generation }) => ({
          target,
          ...diskOf(facts, generation),
          ...(installer === undefined ? {} : { beside: diskOf(facts, installer) }),
          initiator,
          chap: chapOf(accounts, client),
        })),
      ),
  );
}

function chapOf(accounts: ReadonlyMap<string, ClientAccount>, client: string): OfferedLun['chap'] {
  const { user, secret } = accountOf(accounts, client);
  return { user, secret };
}

/** A LUN stays where it was made, and the site may name another storage by now. What is none of ours is the image of a release. */
function diskOf(facts: HostFacts, { disk, bytes, serial, readOnly }: Lun): OfferedDisk {
  const { kind } = lunAt(facts, disk)?.storage ?? { kind: 'file' };
  const backing = kind === 'file' ? 'file' : 'block';
  return { disk, bytes, serial, backing, ...(readOnly === true ? { readOnly } : {}) };
}

/**
 * What may be offered before clients see the next state: new LUNs as they will be, and those that clients may be booting just
 * now as they are. Of a client whose account the host has lost, or the target never took, it is not known how they are.
 */
export function offeredBefore(
  facts: HostFacts,
  { before, next }: { readonly before: HostState; readonly next: HostState },
  accounts: {
    readonly before: ReadonlyMap<string, ClientAccount>;
    readonly next: ReadonlyMap<string, ClientAccount>;
  },
): OfferedLun[] {
  const former = new Map(
    [...accounts.before].filter(([client]) => notTakeable(facts, accounts.before, client) === undefined),
  );
  const known = Object.entries(before.clients).filter(([client]) => former.has(client));
  const state = { ...before, clients: Object.fromEntries(known) };
  const old = new Map(offeredLuns(facts, state, former).map((lun) => [lun.target, lun]));
  // Of two secrets a target may know but one for a user: the new one comes after the switch.
  const now = new Map([...accounts.next, ...former]);
  return offeredLuns(facts, next, now).map((lun) => old.get(lun.target) ?? lun);
}

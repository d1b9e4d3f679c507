/**
 * Removes what no state needs any more. Every LUN and target that was ever made is named by a state that lies on the host: it is
 * written before them, and goes after them. LUNs that can be brought back are named by the current state, which keeps them; their
 * targets go. So nothing is searched for, and nothing that is not ours is touched.
 */

import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import type { NamedLun } from '../clients/clone.js';
import type { HostDrivers } from '../host/drivers.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import {
  deletedGenerations,
  type Generation,
  generationsOf,
  type HostState,
  lunsOf,
  releasesKept,
} from '../host/state.js';
import { listStates, readStateOf, type StateThere, setMark } from './states.js';

/** States that are kept, the current one among them. */
const KEPT = 3;

/** Which states: those that were begun and that no client ever saw, or those that clients have seen before as well. */
export type CleanScope = 'begun' | 'all';

export async function clean(
  host: TargetHost,
  state: HostState,
  { adapter, clones }: HostDrivers,
  ports: Ports,
  scope: CleanScope = 'all',
): Promise<void> {
  const wanted = new Set(generationsOf(state).map(({ target }) => target));
  const others = (await listStates(host)).all.filter(({ serial }) =>
    scope === 'all' ? serial !== state.serial : serial > state.serial,
  );
  const dirty = others.filter(({ marks }) => !marks.has('cleaned'));
  const cleaned = others.filter(({ marks }) => marks.has('cleaned'));
  if (dirty.length > 0) {
    const sessions = await adapter.sessions(host, ports);
    const inUse = new Set(sessions.map(({ target }) => target));
    const gone = new Set<string>();
    const stays = [...generationsOf(state), ...deletedGenerations(state)];
    const luns: NamedLun[] = stays.flatMap((each) =>
      lunsOf(each).map(({ disk }) => ({ disk, release: each.release })),
    );
    const kept = new Set(deletedGenerations(state).map(({ target }) => target));
    for (const each of dirty) {
      const there = (await readStateOf(host, each.serial)) ?? state;
      const named = [...generationsOf(there), ...deletedGenerations(there)];
      luns.push(...named.flatMap(lunsOf).map(({ disk }) => ({ disk })));
      const garbage = named.filter(({ target }) => !wanted.has(target));
      const idle = garbage.filter(({ target }) => !inUse.has(target));
      const left = idle.filter(({ target }) => !gone.has(target));
      const done = await removeAll(left, {
        host,
        kept,
        offered: each.marks.has('offered'),
        adapter,
        clones,
        ports,
      });
      for (const { target } of done ? left : []) gone.add(target);
      if (!done || idle.length < garbage.length) {
        if (each.serial > state.serial) throw strangeSessions(host);
        continue;
      }
      await setMark(host, each.serial, 'cleaned');
      cleaned.push(each);
    }
    await clones.clean(host, new Set(releasesKept(state)), luns);
  }
  await removeStates(
    host,
    cleaned.filter(({ serial }) => serial > state.serial || serial <= state.serial - KEPT),
  );
}

/**
 * What {@link clean} would meet of states that were begun and that no client ever saw; changes nothing.
 * @throws Failure of kind `host` when somebody is logged in to a target of one
 */
export async function requireUndisturbed(
  host: TargetHost,
  state: HostState,
  { adapter }: Pick<HostDrivers, 'adapter'>,
  ports: Ports,
): Promise<void> {
  const begun = (await listStates(host)).all.filter(({ serial }) => serial > state.serial);
  if (begun.length === 0) return;
  const wanted = new Set(generationsOf(state).map(({ target }) => target));
  const inUse = new Set((await adapter.sessions(host, ports)).map(({ target }) => target));
  for (const { serial } of begun) {
    const there = await readStateOf(host, serial);
    if (
      there !== undefined &&
      generationsOf(there).some(({ target }) => !wanted.has(target) && inUse.has(target))
    )
      throw strangeSessions(host);
  }
}

interface Removal {
  readonly host: TargetHost;
  /** Targets of generations whose LUNs stay, since they can be brought back. */
  readonly kept: ReadonlySet<string>;
  /** Whether the target may know them; else a target of such a name is not ours. */
  readonly offered: boolean;
  readonly adapter: HostDrivers['adapter'];
  readonly clones: HostDrivers['clones'];
  readonly ports: Ports;
}

/** @returns false when a client has logged in meanwhile: then all of it stays until the next time */
async function removeAll(
  generations: readonly Generation[],
  { host, kept, offered, adapter, clones, ports }: Removal,
): Promise<boolean> {
  if (generations.length === 0) return true;
  if (offered) {
    try {
      await adapter.remove(
        host,
        generations.map(({ target }) => target),
        ports,
      );
    } catch (error) {
      if (error instanceof Failure && error.kind === 'usage') return false;
      throw error;
    }
  }
  const removed = generations.filter(({ target }) => !kept.has(target));
  for (const { disk, readOnly } of removed.flatMap(lunsOf))
    if (readOnly !== true) await clones.remove(host, disk);
  return true;
}

async function removeStates(host: TargetHost, states: readonly StateThere[]): Promise<void> {
  if (states.length === 0) return;
  const { state } = hostLayout(host.facts);
  await host.run(['rm', '-rf', '--', ...states.map(({ serial }) => state(serial))], {
    doing: `remove old states of ${host.facts.name}`,
  });
}

/** Clients were never told of them; their names will be used again. */
function strangeSessions({ facts }: TargetHost): Failure {
  return new Failure('host', {
    what: `Somebody is logged in to a target of ${facts.name} that was made by an interrupted call and never shown to a client.`,
    hint: 'End that session, then run the same command again.',
  });
}

/** What holds of a host's state after any wishes in any order. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import type { About, Change, ClientIntent, Intent } from '../../hosts/change/intent.js';
import { planChange } from '../../hosts/change.js';
import { cloneDisk } from '../../hosts/clients/clone.js';
import {
  deletedGenerations,
  EMPTY_STATE,
  type Generation,
  type HostState,
  hostStateSchema,
  lunsOf,
} from '../../hosts/host/state.js';
import { aboutHost } from '../util/about-host.js';
import { clientFacts, smallRelease } from '../util/hosts.js';

const MIB = 2 ** 20;
const releases = ['v1', 'v2', 'v3'].map((version) => smallRelease(version, 4 * MIB));
const ofReleases = aboutHost(releases);
/** It keeps what is deleted until an hour later. */
const host = { ...ofReleases().host, retention: 3600 };
const about = (changed: Partial<About> = {}) => ofReleases({ host, ...changed });

const BLANK = { name: 'blank', channel: 'stable', boot: 'san', bytes: 2 * MIB, blank: true } as const;
const DATA = { name: 'data', boot: 'san', bytes: 2 * MIB, blank: true } as const;
const client = fc.constantFrom(1, 2, 3);
const anyOfClient: fc.Arbitrary<ClientIntent> = fc.oneof(
  fc
    .tuple(
      client,
      fc.constantFrom('promote' as const, 'rebase' as const),
      fc.constantFrom('stable', 'edge'),
      fc.boolean(),
      fc.boolean(),
    )
    .map(
      ([number, follows, channel, two, blank]): ClientIntent => ({
        kind: 'add',
        client: clientFacts(number, {
          follows,
          images: [
            { name: 'debian', channel, boot: 'san' },
            ...(two ? [{ name: 'rescue', channel: 'stable', boot: 'direct' } as const] : []),
            ...(blank ? [BLANK] : []),
            ...(blank === two ? [DATA] : []),
          ],
        }),
      }),
    ),
  client.map((number): ClientIntent => ({ kind: 'remove', client: `web${number}` })),
  client.map((number): ClientIntent => ({ kind: 'reset', client: `web${number}` })),
  client.map((number): ClientIntent => ({ kind: 'reset', client: `web${number}`, purge: true })),
  client.map((number): ClientIntent => ({ kind: 'purge', client: `web${number}` })),
  fc.tuple(client, fc.boolean()).map(
    ([number, blank]): ClientIntent => ({
      kind: 'undelete',
      client: clientFacts(number, {
        images: [{ name: 'debian', channel: 'stable', boot: 'san' }, ...(blank ? [BLANK] : [])],
      }),
    }),
  ),
  client.map((number): ClientIntent => ({ kind: 'rotate', client: clientFacts(number) })),
  fc
    .tuple(client, fc.constantFrom('rescue', 'blank', 'blank-installer'))
    .map(([number, image]): ClientIntent => ({ kind: 'next', client: `web${number}`, image })),
  fc.tuple(client, fc.constantFrom('debian', 'data'), fc.constantFrom(...releases)).map(
    ([number, image, { digest }]): ClientIntent => ({
      kind: 'restore',
      client: `web${number}`,
      lun: {
        ...{ client: 'web1', image, blank: image === 'data', bytes: 4 * MIB, data: 1, sha256: digest },
        release: { digest, recipe: 'debian-bookworm' },
      },
    }),
  ),
  client.map((number): ClientIntent => ({ kind: 'maintain', client: `web${number}` })),
  client.map((number): ClientIntent => ({ kind: 'resume', client: `web${number}` })),
  fc
    .tuple(client, fc.constantFrom('keep' as const, 'discard' as const))
    .map(([number, state]): ClientIntent => ({ kind: 'rebase', client: `web${number}`, state })),
);

const nameOf = (intent: ClientIntent) =>
  typeof intent.client === 'string' ? intent.client : intent.client.name;
const anyIntent: fc.Arbitrary<Intent> = fc.oneof(
  fc.record({
    kind: fc.constant('promote' as const),
    channel: fc.constantFrom('stable', 'edge'),
    release: fc.constantFrom(...releases).map(({ digest }) => digest),
  }),
  fc.record({ kind: fc.constant('rollback' as const), channel: fc.constantFrom('stable', 'edge') }),
  { weight: 6, arbitrary: anyOfClient },
  fc
    .uniqueArray(anyOfClient, { minLength: 2, maxLength: 3, selector: nameOf })
    .map((intents): Intent => ({ kind: 'several', intents })),
);

function generations(state: HostState): Generation[] {
  return Object.values(state.clients).flatMap(({ images }) =>
    Object.values(images).flatMap((image) => image.generations),
  );
}

/** Those that lie on the host. */
function everything(state: HostState): Generation[] {
  return [...generations(state), ...deletedGenerations(state)];
}

function owners(state: HostState): [disk: string, target: string][] {
  return everything(state).flatMap((each) =>
    lunsOf(each).map(({ disk }): [string, string] => [disk, each.target]),
  );
}

function booted(state: HostState): Record<string, string> {
  return Object.fromEntries(
    Object.entries(state.clients).flatMap(([who, { images }]) =>
      Object.entries(images).map(([image, had]) => [`${who} ${image}`, had.current]),
    ),
  );
}

/** What each image in maintenance boots. */
function maintained(state: HostState): Record<string, string> {
  const all = Object.entries(state.clients).flatMap(([who, { images }]) =>
    Object.entries(images).flatMap(([image, { current, maintenance }]) =>
      maintenance === undefined ? [] : [[`${who} ${image}`, current] as const],
    ),
  );
  return Object.fromEntries(all);
}

it('keeps its word in any order of wishes, whoever is logged in', () => {
  const steps = fc.array(fc.tuple(anyIntent, fc.nat()), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(steps, (all) => {
      let state = EMPTY_STATE;
      const everMade = new Set<string>();
      let minutes = 0;
      for (const [intent, luck] of all) {
        minutes += luck % 20;
        const before = state;
        const sessions = generations(before)
          .filter((_, index) => (luck + index) % 3 === 0)
          .map(({ target }) => ({ target, initiator: 'iqn.2026-01.org.example:any' }));
        let change: Change;
        try {
          change = planChange(
            before,
            intent,
            about({ sessions, clock: new Date(minutes * 60_000).toISOString() }),
          );
        } catch (error) {
          if (error instanceof Failure && error.kind === 'usage') continue;
          throw error;
        }
        state = change.next;
        expect(hostStateSchema.parse(structuredClone(state))).toEqual(state);
        expect(state.serial).toBe(before.serial + (change.lines.length === 0 ? 0 : 1));
        for (const { release, history } of Object.values(state.channels))
          expect(history.at(-1)?.release).toBe(release);
        const now = everything(state);
        for (const { images } of Object.values(state.clients))
          for (const image of Object.values(images))
            expect(image.generations.map(({ id }) => id)).toContain(image.current);
        // What is changed by hand is moved by nothing but its own end; it goes with its image.
        const ends = (intent.kind === 'several' ? intent.intents : [intent]).flatMap((each) =>
          each.kind === 'resume' || each.kind === 'remove' ? [each.client] : [],
        );
        for (const [who, id] of Object.entries(maintained(before)))
          if (!ends.includes(who.split(' ')[0] ?? '')) expect(booted(state)[who] ?? id).toBe(id);
        expect(new Set(now.map(({ target }) => target)).size).toBe(now.length);
        const disksOf = (all: readonly Generation[]) => all.flatMap(lunsOf).map(({ disk }) => disk);
        const disks = disksOf(now);
        expect(new Set(disks).size).toBe(disks.length);
        // No disk ever moves to another target, so that none is attached by two.
        const owner = new Map(owners(before));
        for (const [disk, target] of owners(state)) expect(owner.get(disk) ?? target).toBe(target);
        // What is there was there, or is made now for the first time; what is not there any more is dropped.
        const old = new Set(disksOf(everything(before)));
        const made = disks.filter((disk) => !old.has(disk));
        expect(made.sort()).toEqual(change.clones.map((each) => cloneDisk(host, each)).sort());
        for (const disk of made) expect(everMade.has(disk)).toBe(false);
        for (const disk of made) everMade.add(disk);
        const left = new Set(disks);
        expect([...old].filter((disk) => !left.has(disk)).sort()).toEqual(disksOf(change.dropped).sort());
        for (const { target } of [...change.dropped, ...change.deleted])
          expect(sessions.some((session) => session.target === target)).toBe(false);
        if (intent.kind !== 'promote' || change.lines.length === 0) continue;
        if (before.channels[intent.channel] === undefined) continue;
        if (before.channels[intent.channel]?.release === intent.release) continue;
        const undone = planChange(state, { kind: 'rollback', channel: intent.channel }, about());
        const wholly = booted(undone.next);
        for (const [who, id] of Object.entries(booted(before))) {
          const moved = booted(state)[who] !== id;
          if (moved && wasAt(before, id, intent.channel)) expect(wholly[who]).toBe(id);
        }
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

/** Whether the clone is of the release that the channel was at: one of another has no place in its history. */
function wasAt(state: HostState, id: string, channel: string): boolean {
  const release = state.channels[channel]?.release ?? '';
  return id.startsWith(release.slice(0, 12));
}

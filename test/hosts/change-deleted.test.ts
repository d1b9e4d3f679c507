/** What was deleted: it can be brought back for the time that its host keeps it, and goes then. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import type { About, Change, Intent } from '../../hosts/change/intent.js';
import { finishedChange, noChange, planChange, releasesNeeded } from '../../hosts/change.js';
import { EMPTY_STATE, type HostState } from '../../hosts/host/state.js';
import { releaseNeeds } from '../../hosts/releases.js';
import type { ClientFacts } from '../../hosts/site/facts.js';
import { aboutHost } from '../util/about-host.js';
import { clientFacts, hostFacts, type SmallRelease, smallRelease } from '../util/hosts.js';

const MIB = 2 ** 20;
const DAY = 86_400;
const [v1, v2, v3] = [smallRelease('v1', 4 * MIB), smallRelease('v2', 4 * MIB), smallRelease('v3', 4 * MIB)];
const host = hostFacts('/srv/lunsmith', { retention: 2 * DAY });
const ofReleases = aboutHost([v1, v2, v3]);
const about = (changed: Partial<About> = {}) => ofReleases({ host, ...changed });
const at = (day: string) => about({ clock: `2026-03-${day}T00:00:00.000Z` });

const promote = ({ digest }: SmallRelease): Intent => ({
  kind: 'promote',
  channel: 'stable',
  release: digest,
});
const add = (number: number, changed: Partial<ClientFacts> = {}): Intent => ({
  kind: 'add',
  client: clientFacts(number, changed),
});
const remove: Intent = { kind: 'remove', client: 'web1' };
const reset: Intent = { kind: 'reset', client: 'web1' };
const undelete = (changed: object = {}): Intent => ({
  kind: 'undelete',
  client: clientFacts(1),
  ...changed,
});
const short = ({ digest }: SmallRelease) => digest.slice(0, 12);
const name = (release: SmallRelease) => `debian-bookworm@${short(release)}`;
const KEPT = 'is deleted, and kept for 2 days: npx lunsmith client undelete web1';

function after(...intents: Intent[]): Change {
  let change = noChange(EMPTY_STATE);
  for (const intent of intents) change = planChange(change.next, intent, at('01'));
  return change;
}

const idsOf = (state: HostState, client = 'web1') =>
  state.clients[client]?.images['debian']?.generations.map(({ id }) => id);
const bootsOf = (state: HostState) => state.clients['web1']?.images['debian']?.current;

function refusal(state: HostState, intent: Intent) {
  try {
    planChange(state, intent, at('02'));
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0];
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a client that is removed', () => {
  const there = after(promote(v1), add(1), promote(v2));
  const gone = planChange(there.next, remove, at('01'));

  it('leaves its LUNs, which nothing offers', () => {
    expect(gone.lines).toEqual([
      'client web1: is removed, with its secret',
      `client web1: its clone ${short(v1)}-2 of debian ${KEPT}`,
      `client web1: its clone ${short(v2)}-3 of debian ${KEPT}`,
    ]);
    expect([gone.next.clients, gone.dropped]).toEqual([{}, []]);
    expect(gone.deleted.map(({ id }) => id)).toEqual([`${short(v1)}-2`, `${short(v2)}-3`]);
    expect(gone.next.deleted).toMatchObject([
      { serial: 4, at: '2026-03-01T00:00:00.000Z', facts: clientFacts(1), image: 'debian' },
    ]);
  });

  it('comes back as it was, its kept clone too, and its secret is read again', () => {
    const back = planChange(gone.next, undelete(), at('02'));
    expect(back.lines).toEqual([
      'client web1: is there again, iqn.2026-01.org.example:web1',
      `client web1: its next boot of debian is its clone ${short(v2)}-3 of ${name(v2)} again, with all that was written to it`,
    ]);
    expect(back.next.clients).toEqual(there.next.clients);
    expect(back.next.deleted).toBeUndefined();
    expect([back.secrets, back.clones, back.dropped]).toEqual([[clientFacts(1)], [], []]);
  });

  it('comes back to what the site says of it now', () => {
    const now = clientFacts(1, { mac: '52:54:00:00:00:99', account: 'other' });
    const back = planChange(gone.next, { kind: 'undelete', client: now }, at('02'));
    expect(back.next.clients['web1']?.facts).toEqual(now);
    expect(bootsOf(back.next)).toBe(`${short(v2)}-3`);
  });

  it('takes over from a new client of its name, whose clone is kept', () => {
    const anew = planChange(gone.next, add(1), at('02'));
    expect(anew.lines[1]).toBe(
      'client web1: what it stored before can be brought back: npx lunsmith client undelete web1',
    );
    const back = planChange(anew.next, undelete(), at('02'));
    expect(idsOf(back.next)).toEqual([`${short(v1)}-2`, `${short(v2)}-3`, `${short(v2)}-5`]);
    expect(bootsOf(back.next)).toBe(`${short(v2)}-3`);
    expect(back.next.deleted).toBeUndefined();
    expect([back.dropped, back.secrets]).toEqual([[], []]);
  });

  it('keeps the releases of its LUNs from being removed', () => {
    expect(releaseNeeds(gone.next).get(v1.digest)).toContain(
      'a LUN of the client web1 that was deleted is a clone of it',
    );
    expect(releasesNeeded(gone.next, undelete())).toEqual([v2.digest, v1.digest]);
  });

  it('does not take the MAC address of another back', () => {
    const other = planChange(gone.next, add(2, { mac: '52:54:00:00:00:01' }), at('02'));
    expect(refusal(other.next, undelete())?.what).toBe('The MAC address of web1 is that of web2 on san1.');
  });

  it('is refused without its release', () => {
    const without = () => planChange(gone.next, undelete(), { ...at('02'), releases: new Map() });
    expect(without).toThrow(
      /^The release debian-bookworm@\S+ is not on san1\.|^The release \S+ is not on san1\./,
    );
  });
});

describe('a client that is reset', () => {
  const once = after(promote(v1), add(1), reset);

  it('has its LUN again, and the fresh one is kept', () => {
    expect(once.lines).toEqual([
      `client web1: its next boot of debian is a fresh clone of ${name(v1)}; what was written to ${short(v1)}-2 can be brought back`,
      `client web1: its clone ${short(v1)}-2 of debian ${KEPT}`,
    ]);
    const back = planChange(once.next, undelete(), at('02'));
    expect(back.lines).toEqual([
      `client web1: its next boot of debian is its clone ${short(v1)}-2 of ${name(v1)} again, with all that was written to it; its clone ${short(v1)}-3 is kept for a rollback`,
    ]);
    expect([bootsOf(back.next), idsOf(back.next)]).toEqual([
      `${short(v1)}-2`,
      [`${short(v1)}-2`, `${short(v1)}-3`],
    ]);
  });

  it('goes back change by change, or to the one that is named', () => {
    const twice = planChange(once.next, reset, at('01'));
    const back = planChange(twice.next, undelete(), at('02'));
    expect(bootsOf(back.next)).toBe(`${short(v1)}-3`);
    expect(bootsOf(planChange(back.next, undelete(), at('02')).next)).toBe(`${short(v1)}-2`);
    expect(bootsOf(planChange(twice.next, undelete({ change: 3 }), at('02')).next)).toBe(`${short(v1)}-2`);
  });

  it('of which nothing fits is told what there is', () => {
    expect(refusal(once.next, undelete({ change: 2 }))).toEqual({
      what: 'san1 has nothing of web1 that was deleted and is meant.',
      expected: 'one of these: debian by change 3',
      found: 'another image or change',
      hint: 'See all of it: npx lunsmith client ls --deleted',
    });
    expect(refusal(once.next, { kind: 'undelete', client: clientFacts(2) })).toMatchObject({
      what: 'san1 has nothing of web2 that was deleted.',
      expected: 'a client such as web1',
    });
    expect(refusal(after(promote(v1), add(1)).next, { kind: 'purge', client: 'web1' })?.expected).toBe(
      'something that was deleted',
    );
  });

  it('does not go further when the same call is repeated after it was cut off', () => {
    const back = planChange(once.next, undelete(), at('02')).next;
    expect(finishedChange(back, undelete())).toMatchObject({ next: back, lines: [] });
    expect(finishedChange(back, undelete({ change: 3 }))).toBeUndefined();
  });

  it('destroys nothing when others are kept already', () => {
    const state = after(promote(v1), add(1), reset, promote(v2)).next;
    const back = planChange(state, undelete(), at('02'));
    expect([bootsOf(back.next), idsOf(back.next)]).toEqual([
      `${short(v1)}-2`,
      [`${short(v1)}-2`, `${short(v1)}-3`, `${short(v2)}-4`],
    ]);
    expect([back.dropped, back.next.deleted]).toEqual([[], undefined]);
  });
});

it('an image that the site says otherwise is not brought back', () => {
  const images = [
    { name: 'debian', channel: 'stable', boot: 'san' },
    { name: 'rescue', channel: 'stable', boot: 'san' },
  ] as const;
  const state = after(promote(v1), add(1, { images }), add(1)).next;
  expect(state.deleted).toMatchObject([{ image: 'rescue', serial: 3 }]);
  expect(refusal(state, undelete())).toEqual({
    what: 'What was deleted of web1 is its image rescue, which the site says otherwise.',
    expected: 'an image rescue of web1 that follows a channel',
    found: 'debian',
    hint: 'Write it into lunsmith.yaml again, then run the same command. Others of it by their names: --image IMAGE',
  });
  const back = planChange(state, { kind: 'undelete', client: clientFacts(1, { images }) }, at('02'));
  expect(Object.keys(back.next.clients['web1']?.images ?? {})).toEqual(['debian', 'rescue']);
  expect(back.next.deleted).toBeUndefined();
});

describe('what was deleted goes for good', () => {
  const gone = after(promote(v1), add(1), reset).next;
  const id = `${short(v1)}-2`;

  it('with the first change after its time, by the clock of the host', () => {
    expect(planChange(gone, promote(v2), at('02')).dropped).toEqual([]);
    const change = planChange(gone, { kind: 'several', intents: [] }, at('03'));
    expect(change.lines).toEqual([
      `client web1: its clone ${id} of debian was deleted, and has been kept for its time: it is removed for good`,
    ]);
    expect([change.next.deleted, change.dropped.map((each) => each.id)]).toEqual([undefined, [id]]);
    // What a clock says that was set back removes nothing.
    expect(planChange(gone, promote(v2), about({ clock: '1970-01-01T00:00:00.000Z' })).dropped).toEqual([]);
  });

  it('but is brought back after its time as long as it is there', () => {
    expect(bootsOf(planChange(gone, undelete(), at('09')).next)).toBe(id);
  });

  it('when it is purged', () => {
    const change = planChange(gone, { kind: 'purge', client: 'web1' }, at('01'));
    expect(change.lines).toEqual([`client web1: its clone ${id} of debian is removed for good`]);
    expect([change.next.deleted, change.dropped.map((each) => each.id)]).toEqual([undefined, [id]]);
  });

  it.each<[string, Intent, number]>([
    ['a removal', { kind: 'remove', client: 'web1', purge: true }, 2],
    ['a reset', { kind: 'reset', client: 'web1', purge: true }, 1],
  ])('at once by %s that says so', (_, intent, count) => {
    const change = planChange(gone, intent, at('01'));
    expect([change.dropped.length, change.deleted.length]).toEqual([count, 0]);
  });

  it('at once on a host that keeps nothing', () => {
    const change = planChange(after(promote(v1), add(1)).next, remove, ofReleases());
    expect([change.next.deleted, change.dropped.length, change.deleted]).toEqual([undefined, 1, []]);
  });
});

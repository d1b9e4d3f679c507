/** A client that makes the next release of its channel by hand: what moves it, what does not, and how it ends. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import type { About, Change, Intent } from '../../hosts/change/intent.js';
import { noChange, planChange, releasesNeeded } from '../../hosts/change.js';
import { EMPTY_STATE, type HostState } from '../../hosts/host/state.js';
import type { ClientFacts } from '../../hosts/site/facts.js';
import { aboutHost } from '../util/about-host.js';
import { clientFacts, hostFacts, type SmallRelease, smallRelease } from '../util/hosts.js';

const MIB = 2 ** 20;
const [v1, v2, v3] = [smallRelease('v1', 4 * MIB), smallRelease('v2', 4 * MIB), smallRelease('v3', 4 * MIB)];
const host = hostFacts('/srv/lunsmith', { retention: 86_400 });
const ofReleases = aboutHost([v1, v2, v3]);
const about = (changed: Partial<About> = {}) => ofReleases({ host, ...changed });

const promote = ({ digest }: SmallRelease): Intent => ({
  kind: 'promote',
  channel: 'stable',
  release: digest,
});
const rollback: Intent = { kind: 'rollback', channel: 'stable' };
const add = (number = 1, changed: Partial<ClientFacts> = {}): Intent => ({
  kind: 'add',
  client: clientFacts(number, changed),
});
const maintain: Intent = { kind: 'maintain', client: 'web1' };
const end: Intent = { kind: 'resume', client: 'web1' };
const image = (channel: string, changed: object = {}): Pick<ClientFacts, 'images'> => ({
  images: [{ name: 'debian', channel, boot: 'san', ...changed }],
});
const id = ({ digest }: SmallRelease, count: number) => `${digest.slice(0, 12)}-${count}`;
const name = ({ digest }: SmallRelease) => `debian-bookworm@${digest.slice(0, 12)}`;

function after(...intents: Intent[]): Change {
  let change = noChange(EMPTY_STATE);
  for (const intent of intents) change = planChange(change.next, intent, about());
  return change;
}

const imageOf = (state: HostState, client = 'web1') => state.clients[client]?.images['debian'];
const idsOf = (state: HostState) => imageOf(state)?.generations.map((each) => each.id);
const runs = (state: HostState): Partial<About> => ({
  sessions: [{ target: targetOf(state), initiator: 'iqn.2026-01.org.example:web1' }],
});

function targetOf(state: HostState): string {
  const { current, generations = [] } = imageOf(state) ?? {};
  return generations.find((each) => each.id === current)?.target ?? '';
}

function refusal(state: HostState, intent: Intent, changed: Partial<About> = {}) {
  try {
    planChange(state, intent, about(changed));
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0];
    throw error;
  }
  return undefined;
}

describe('maintenance begins', () => {
  it('with a fresh clone of what the channel is at, and keeps all that the client has', () => {
    const { next: state, lines, clones, dropped } = after(promote(v1), add(), promote(v2), maintain);
    expect(lines).toEqual([
      `client web1: its next boot of debian is a fresh clone of ${name(v2)}, in maintenance; its clone ${id(v2, 3)} is kept until its end`,
    ]);
    expect(clones.map(({ generation }) => generation)).toEqual([id(v2, 4)]);
    expect(dropped).toEqual([]);
    expect(imageOf(state)).toMatchObject({ current: id(v2, 4), maintenance: { resumes: id(v2, 3) } });
    expect(idsOf(state)).toEqual([id(v1, 2), id(v2, 3), id(v2, 4)]);
    expect(releasesNeeded(state, maintain)).toContain(v2.digest);
  });

  it('once', () => {
    const { next: state } = after(promote(v1), add(), maintain);
    expect(planChange(state, maintain, about()).lines).toEqual([]);
  });

  it.each<[string, Intent[], string]>([
    ['a client that is not there', [promote(v1)], 'There is no client web1 on san1.'],
    ['a channel without a release', [add()], 'debian of web1 has no clone yet.'],
    [
      'a LUN on which a system installs itself',
      [promote(v1), add(1, image('stable', { blank: true, bytes: 8 * MIB }))],
      'debian of web1 cannot be maintained.',
    ],
    [
      'another client of the channel that is maintained',
      [promote(v1), add(), add(2), { kind: 'maintain', client: 'web2' }],
      'debian of web1 cannot be maintained.',
    ],
  ])('not for %s', (_, before, what) => {
    expect(refusal(after(...before).next, maintain)?.what).toBe(what);
  });

  it('not for an image that is not there, a storage array or a Raspberry Pi', () => {
    const { next: state } = after(promote(v1), add());
    expect(refusal(state, { kind: 'maintain', client: 'web1', image: 'debain' })?.found).toBe('debain');
    const array = { ...host, target: { ...host.target, kind: 'none', portal: '192.0.2.9', lun: 0 } } as const;
    expect(refusal(state, maintain, { host: array })?.found).toBe('a LUN of a storage array');
    const web1 = state.clients['web1'];
    const pi = { ...web1, facts: clientFacts(1, image('stable', { boot: 'tftp' })) } as typeof web1;
    const clients = pi === undefined ? {} : { web1: pi };
    expect(refusal({ ...state, clients }, maintain)?.found).toMatch('a Raspberry Pi');
  });
});

describe('a client in maintenance', () => {
  const before = after(promote(v1), add(), promote(v2), maintain).next;
  const STAYS =
    'client web1: debian is in maintenance, and stays so until: npx lunsmith client maintain web1 --end';

  it.each<[string, Intent]>([
    ['a promotion', promote(v3)],
    ['a rollback', rollback],
    ['another channel in the site', add(1, image('edge'))],
  ])('stays where it is through %s, which names it', (_, intent) => {
    const edge = planChange(before, { kind: 'promote', channel: 'edge', release: v3.digest }, about()).next;
    const { next: state, lines, clones } = planChange(edge, intent, about());
    expect(lines).toContain(STAYS);
    expect([imageOf(state), clones]).toEqual([imageOf(before), []]);
  });

  it.each<[string, Intent, string]>([
    ['reset', { kind: 'reset', client: 'web1' }, 'be reset'],
    ['rebased', { kind: 'rebase', client: 'web1', state: 'keep' }, 'be rebased'],
    ['another kind', add(1, image('stable', { blank: true, bytes: MIB })), 'have another kind of LUN'],
  ])('is not %s', (_, intent, what) => {
    expect(refusal(before, intent)).toMatchObject({
      what: `debian of web1 cannot ${what}: it is in maintenance.`,
      hint: 'Take it as a release (npx lunsmith capture web1 debian), then end it: npx lunsmith client maintain web1 --image debian --end --yes',
    });
  });

  it('is given nothing back that was deleted', () => {
    const { next: state } = after(promote(v1), add(), { kind: 'reset', client: 'web1' }, maintain);
    const undelete: Intent = { kind: 'undelete', client: clientFacts(1) };
    expect(refusal(state, undelete)?.what).toMatch('cannot get another LUN back');
  });

  it('can be removed, and with it all its LUNs', () => {
    const { next: state, deleted } = planChange(before, { kind: 'remove', client: 'web1' }, about());
    expect(state.clients).toEqual({});
    expect(deleted.at(-1)?.id).toBe(id(v2, 4));
  });
});

describe('maintenance ends', () => {
  it('with what the client booted before, and what was changed can be brought back', () => {
    const before = after(promote(v1), add(), maintain).next;
    const { next: state, lines, deleted } = planChange(before, end, about());
    expect(lines).toEqual([
      `client web1: debian is in maintenance no more; what was written to ${id(v1, 3)} can be brought back`,
      `client web1: its clone ${id(v1, 3)} of debian is deleted, and kept for 1 day: npx lunsmith client undelete web1`,
      `client web1: its next boot of debian is its clone ${id(v1, 2)} of ${name(v1)} again, with all that was written to it`,
    ]);
    expect(imageOf(state)).toEqual({ current: id(v1, 2), generations: [expect.anything()] });
    expect(deleted.map((each) => each.id)).toEqual([id(v1, 3)]);
    const back = planChange(state, { kind: 'undelete', client: clientFacts(1) }, about()).next;
    expect(imageOf(back)?.current).toBe(id(v1, 3));
    expect(imageOf(back)).not.toHaveProperty('maintenance');
  });

  it('with what was promoted meanwhile, or with what it had where it does not follow', () => {
    const promoted = after(promote(v1), add(), maintain, promote(v2)).next;
    const { next: state, lines } = planChange(promoted, end, about());
    expect(lines.at(-1)).toBe(
      `client web1: its next boot of debian is a fresh clone of ${name(v2)}; its clone ${id(v1, 2)} is kept for a rollback`,
    );
    expect(idsOf(state)).toEqual([id(v1, 2), id(v2, 5)]);
    const waits = after(promote(v1), add(1, { follows: 'rebase' }), maintain, promote(v2), end).next;
    expect(imageOf(waits)?.current).toBe(id(v1, 2));
  });

  it('with the clone that a rollback meanwhile would have given it', () => {
    const { next: state } = after(promote(v1), add(), promote(v2), maintain, rollback, end);
    expect(imageOf(state)?.current).toBe(id(v1, 2));
    expect(idsOf(state)).toEqual([id(v1, 2), id(v2, 3)]);
  });

  it('not while the client runs from it, and once', () => {
    const before = after(promote(v1), add(), maintain).next;
    expect(refusal(before, end, runs(before))?.what).toBe(
      'Cannot end the maintenance of debian of web1: web1 is running from it.',
    );
    expect(after(promote(v1), add(), maintain, end, end).lines).toEqual([]);
  });

  it('for good on a host that keeps nothing, and with --purge', () => {
    const before = after(promote(v1), add(), maintain).next;
    const gone = [
      planChange(before, end, about({ host: { ...host, retention: 0 } })),
      planChange(before, { ...end, purge: true }, about()),
    ];
    for (const { dropped, deleted } of gone)
      expect([dropped.map((each) => each.id), deleted]).toEqual([[id(v1, 3)], []]);
  });
});

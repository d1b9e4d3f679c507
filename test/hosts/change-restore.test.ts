/** A LUN that was kept outside of its host is given back to a client. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import type { About, Change, Intent, KeptLun } from '../../hosts/change/intent.js';
import { finishedChange, planChange, releasesNeeded } from '../../hosts/change.js';
import { EMPTY_STATE, type HostState } from '../../hosts/host/state.js';
import type { ClientFacts } from '../../hosts/site/facts.js';
import { aboutHost } from '../util/about-host.js';
import { clientFacts, hostFacts, smallRelease } from '../util/hosts.js';

const MIB = 2 ** 20;
const [v1, v2] = [smallRelease('v1', 4 * MIB), smallRelease('v2', 4 * MIB)];
const host = hostFacts('/srv/lunsmith', { retention: 86_400 });
const ofReleases = aboutHost([v1, v2]);
const about = (changed: Partial<About> = {}) => ofReleases({ host, ...changed });
const DATA = { name: 'data', boot: 'san', bytes: 8 * MIB, blank: true } as const;
const KEPT: KeptLun = {
  ...{ client: 'web1', image: 'debian', blank: false, bytes: 6 * MIB, data: MIB, sha256: 'ab'.repeat(32) },
  release: { digest: v1.digest, recipe: 'debian-bookworm' },
};
const restore = (changed: Partial<Extract<Intent, { kind: 'restore' }>> = {}): Intent => ({
  ...{ kind: 'restore', client: 'web1', lun: KEPT },
  ...changed,
});
const promote = (release: string): Intent => ({ kind: 'promote', channel: 'stable', release });
const add = (changed: Partial<ClientFacts> = {}): Intent => ({
  kind: 'add',
  client: clientFacts(1, changed),
});

function after(...intents: Intent[]): HostState {
  let change: Change | undefined;
  for (const intent of intents) change = planChange(change?.next ?? EMPTY_STATE, intent, about());
  return change?.next ?? EMPTY_STATE;
}
const there = after(promote(v1.digest), add(), promote(v2.digest));
const id = (release: typeof v1, serial: number) => `${release.digest.slice(0, 12)}-${serial}`;

function refusal(state: HostState, intent: Intent, changed: Partial<About> = {}) {
  try {
    planChange(state, intent, about(changed));
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0];
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a clone', () => {
  const change = planChange(there, restore(), about());

  it('is booted next, of the release that it was of, as large as it was, and filled', () => {
    const image = change.next.clients['web1']?.images['debian'];
    expect(image?.current).toBe(id(v1, 4));
    expect(image?.generations.at(-1)).toMatchObject({ release: v1.digest, bytes: 6 * MIB });
    expect(change.clones).toEqual([
      {
        ...{ client: 'web1', image: 'debian', generation: id(v1, 4), bytes: 6 * MIB },
        filled: { bytes: MIB, sha256: KEPT.sha256 },
      },
    ]);
  });

  it('takes the place of one that can be brought back', () => {
    expect(change.deleted.map((each) => each.id)).toEqual([id(v2, 3)]);
    expect(change.dropped).toEqual([]);
    expect(change.lines).toEqual([
      `client web1: its next boot of debian is a LUN of debian-bookworm@${v1.digest.slice(0, 12)} with what was exported of web1; what was written to ${id(v2, 3)} can be brought back`,
      `client web1: its clone ${id(v2, 3)} of debian is deleted, and kept for 1 day: npx lunsmith client undelete web1`,
    ]);
    const back = planChange(change.next, { kind: 'undelete', client: clientFacts(1) }, about());
    expect(back.next.clients['web1']?.images['debian']?.current).toBe(id(v2, 3));
  });

  it('is moved by the next promotion as any', () => {
    const next = planChange(change.next, { kind: 'rollback', channel: 'stable' }, about());
    const again = planChange(next.next, promote(v2.digest), about());
    expect(again.next.clients['web1']?.images['debian']?.current).toBe(id(v2, 6));
  });

  it('is restored again by the same call, unless that was cut off', () => {
    expect(finishedChange(change.next, restore())).toMatchObject({ finishes: true });
    expect(planChange(change.next, restore(), about()).clones).toHaveLength(1);
  });

  it('asks for the manifest of its release', () => {
    expect(releasesNeeded(there, restore())).toContain(v1.digest);
  });

  it('is the first LUN of an image of which the channel has no release', () => {
    const fresh = after(
      promote(v1.digest),
      add({ images: [{ name: 'debian', channel: 'edge', boot: 'san' }] }),
    );
    const first = planChange(fresh, restore(), about());
    expect(first.next.clients['web1']?.images['debian']?.generations).toHaveLength(1);
    expect(first.deleted).toEqual([]);
  });
});

it('a LUN that began with nothing on it', () => {
  const state = after(promote(v1.digest), add({ images: [clientFacts(1).images[0], DATA] }));
  const { release: _none, ...kept } = KEPT;
  const lun = { ...kept, image: 'data', blank: true };
  const change = planChange(state, restore({ lun }), about());
  expect(change.clones).toMatchObject([{ image: 'data', generation: 'blank-3', filled: { bytes: MIB } }]);
  expect(change.next.clients['web1']?.images['data']?.generations.at(-1)?.release).toBeUndefined();
});

it('a LUN on which a system installs itself has the newest installer beside it', () => {
  const own = { name: 'own', channel: 'stable', boot: 'san', bytes: 8 * MIB, blank: true } as const;
  const state = after(promote(v1.digest), add({ images: [own] }), promote(v2.digest));
  const lun = { ...KEPT, image: 'own', blank: true };
  const change = planChange(state, restore({ lun }), about());
  expect(change.clones).toMatchObject([
    { image: 'own', filled: { bytes: MIB } },
    { image: 'own-installer', release: v2.digest },
  ]);
});

describe('is refused', () => {
  it.each<[string, Intent, Partial<About>]>([
    ['There is no client web2 on san1.', restore({ client: 'web2' }), {}],
    ['The client web1 has no image other.', restore({ image: 'other' }), {}],
    ['debian of web1 cannot be restored from this file.', restore({ lun: { ...KEPT, blank: true } }), {}],
    [
      'debian of web1 cannot be restored from this file.',
      restore(),
      { host: { ...host, target: { kind: 'none', prefix: 'iqn.2026-01.org.example:san1', port: 3260 } } },
    ],
    [
      'The release small@cdcdcdcdcdcd is not on san1.',
      restore({ lun: { ...KEPT, release: { digest: 'cd'.repeat(32), recipe: 'small' } } }),
      {},
    ],
    [
      'Cannot restore debian of web1: web1 is running from it.',
      restore(),
      {
        sessions: [
          {
            target: there.clients['web1']?.images['debian']?.generations.at(-1)?.target ?? '',
            initiator: 'iqn.2026-01.org.example:web1',
          },
        ],
      },
    ],
  ])('%s', (what, intent, changed) => {
    expect(refusal(there, intent, changed)).toMatchObject({ what });
  });

  it('an image in maintenance', () => {
    const { next } = planChange(there, { kind: 'maintain', client: 'web1' }, about());
    expect(refusal(next, restore()).what).toContain('it is in maintenance');
  });

  it('a release whose image all clients share', () => {
    const manifest = { ...v1.manifest, disk: { ...v1.manifest.disk, overlay: 'tmpfs' as const } };
    const releases = new Map([[v1.digest, { ...v1, manifest }]]);
    expect(refusal(there, restore(), { releases }).what).toContain('which none writes to (`overlay`)');
  });
});

/** LUNs on which a system installs itself, and the installers beside them, through all wishes for a host. */
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256OfText } from '../../base/digest.js';
import type { About, Change, Intent } from '../../hosts/change/intent.js';
import { noChange, planChange, releasesNeeded } from '../../hosts/change.js';
import { EMPTY_STATE, type Generation, type HostState } from '../../hosts/host/state.js';
import { releaseNeeds } from '../../hosts/releases.js';
import type { ClientFacts } from '../../hosts/site/facts.js';
import { aboutHost } from '../util/about-host.js';
import { clientFacts, proofOf, type SmallRelease, smallRelease } from '../util/hosts.js';

const MIB = 2 ** 20;
/** One whose system asks for 64 MiB. */
function installer(version: string): SmallRelease {
  const { disk, ...small } = smallRelease(version, 4 * MIB);
  const manifest = { ...small.manifest, loader: { reads: MIB, installs: 64 * MIB } };
  const digest = sha256OfText(canonicalJson(manifest));
  return {
    digest,
    manifest,
    disk,
    proofs: [proofOf(digest, { firmware: 'bios', path: 'san', secret: 'right' })],
  };
}
const [v1, v2] = [installer('v1'), installer('v2')];
const about = aboutHost([v1, v2]);
const name = ({ digest }: SmallRelease) => `debian-bookworm@${digest.slice(0, 12)}`;
const facts = (bytes = 100 * MIB, changed: Partial<ClientFacts> = {}) =>
  clientFacts(7, {
    name: 'pc7',
    images: [{ name: 'windows', channel: 'stable', boot: 'san', bytes, blank: true }],
    ...changed,
  });
const promote = ({ digest }: SmallRelease): Intent => ({
  kind: 'promote',
  channel: 'stable',
  release: digest,
});
const add: Intent = { kind: 'add', client: facts() };
const reset: Intent = { kind: 'reset', client: 'pc7', image: 'windows' };
const next = (image?: string): Intent => ({
  kind: 'next',
  client: 'pc7',
  ...(image === undefined ? {} : { image }),
});

function after(...intents: Intent[]): Change {
  let change = noChange(EMPTY_STATE);
  for (const intent of intents) change = planChange(change.next, intent, about());
  return change;
}

function generation(state: HostState): Generation {
  const [only, ...others] = state.clients['pc7']?.images['windows']?.generations ?? [];
  if (only === undefined || others.length > 0) throw new Error('not one generation');
  return only;
}

const running = (state: HostState): Partial<About> => ({
  sessions: [{ target: generation(state).target, initiator: 'iqn.2026-01.org.example:pc7' }],
});

it('are made together, on one target: nothing, and beside it a clone of the installer', () => {
  const { next: state, clones, lines } = after(promote(v1), add);
  const id = `${v1.digest.slice(0, 12)}-2`;
  expect(lines).toEqual([
    'client pc7: is new, iqn.2026-01.org.example:web7',
    `client pc7: windows is a new LUN of 100 MiB with nothing on it, and beside it a fresh clone of ${name(v1)}, which installs there`,
  ]);
  const request = { client: 'pc7', generation: id };
  const copy = { release: v1.digest, disk: v1.manifest.disk, from: 'disk.img' };
  expect(clones).toEqual([
    { ...request, image: 'windows', bytes: 100 * MIB },
    { ...request, ...copy, image: 'windows-installer', bytes: 4 * MIB },
  ]);
  const made = generation(state);
  expect(made).toMatchObject({
    target: `iqn.2026-01.org.example:san1:pc7.windows.${id}`,
    disk: `/srv/lunsmith/clients/pc7/windows/${id}.img`,
    bytes: 100 * MIB,
    installer: { disk: `/srv/lunsmith/clients/pc7/windows-installer/${id}.img`, bytes: 4 * MIB },
  });
  expect(made.installer?.serial).not.toBe(made.serial);
});

describe('what a system has installed is the client’s own', () => {
  it('when its installer is promoted, rolled back or rebased, or the site names another one', () => {
    const before = after(promote(v1), add).next;
    const promoted = planChange(before, promote(v2), about());
    expect(promoted.lines.at(-1)).toBe(
      'client pc7: windows keeps its LUN, and the installer beside it that it has',
    );
    const elsewhere = facts(100 * MIB, {
      images: [{ name: 'windows', channel: 'edge', boot: 'san', bytes: 200 * MIB, blank: true }],
    });
    for (const state of [
      promoted.next,
      planChange(promoted.next, { kind: 'rollback', channel: 'stable' }, about()).next,
      planChange(promoted.next, { kind: 'rebase', client: 'pc7', state: 'discard' }, about()).next,
      planChange(promoted.next, { kind: 'add', client: elsewhere }, about()).next,
    ])
      expect(generation(state)).toEqual(generation(before));
    expect(() =>
      planChange(promoted.next, { kind: 'rebase', client: 'pc7', image: 'windows', state: 'keep' }, about()),
    ).toThrow('windows of pc7 follows no release: a system has installed itself on its LUN.');
  });

  it('until it is reset: then both LUNs are made anew, with the newest installer', () => {
    const { next: before } = after(promote(v1), add, promote(v2));
    expect(releasesNeeded(before, reset)).toContain(v2.digest);
    const { next: state, dropped, lines } = planChange(before, reset, about());
    expect(lines).toEqual([
      `client pc7: windows is a new LUN of 100 MiB with nothing on it, and beside it a fresh clone of ${name(v2)}, which installs there; what was written to ${generation(before).id} is thrown away`,
      `client pc7: its clone ${generation(before).id} of windows is removed`,
    ]);
    expect(dropped).toEqual([generation(before)]);
    expect(generation(state).release).toBe(v2.digest);
    expect(() => planChange(before, reset, about(running(before)))).toThrow(/pc7 is running from it/);
  });
});

it('are removed together', () => {
  const { next: before } = after(promote(v1), add);
  const { next: state, dropped } = planChange(before, { kind: 'remove', client: 'pc7' }, about());
  expect([state.clients, dropped]).toEqual([{}, [generation(before)]]);
});

it('are refused where the LUN is smaller than what the installer asks for, at a promotion too', () => {
  const small: Intent = { kind: 'add', client: facts(60 * MIB) };
  const refusal = {
    kind: 'usage',
    diagnostics: [
      {
        what: `The blank LUN of pc7 for windows is 4 MiB smaller than what ${name(v1)} asks for, which installs there.`,
        expected: 'at least 64 MiB',
        found: '60 MiB',
        hint: 'Give it a larger `blank` in lunsmith.yaml, then run: npx lunsmith client add pc7',
      },
    ],
  };
  const failing = (state: HostState, intent: Intent) => {
    try {
      planChange(state, intent, about());
    } catch (error) {
      return error;
    }
    return undefined;
  };
  expect(failing(after(promote(v1)).next, small)).toMatchObject(refusal);
  expect(failing(after(small).next, promote(v1))).toMatchObject(refusal);
});

describe('the next boot', () => {
  it('is of the LUN or of its installer, until a session is seen', () => {
    const { next: state, lines } = after(promote(v1), add, next('windows-installer'));
    expect(lines).toEqual(['client pc7: its next boot is windows-installer']);
    expect(state.clients['pc7']?.next).toBe('windows-installer');
    const { next: started, lines: told } = planChange(state, promote(v2), about(running(state)));
    expect(started.clients['pc7']?.next).toBeUndefined();
    expect(told[0]).toBe('client pc7: has started windows-installer; its next boot is windows, as ever');
    expect(after(promote(v1), add, next('windows')).next.clients['pc7']?.next).toBe('windows');
  });

  it('stays chosen when the site is read again, and is none of what is not there', () => {
    expect(after(promote(v1), add, next('windows-installer'), add).next.clients['pc7']?.next).toBe(
      'windows-installer',
    );
    expect(() => after(promote(v1), add, next('windows-install'))).toThrow(
      'The client pc7 has no image windows-install.',
    );
  });
});

it('take the place of a clone when the site says so, which is kept', () => {
  const copied = facts(100 * MIB, {
    images: [{ name: 'windows', channel: 'stable', boot: 'san', bytes: 100 * MIB }],
  });
  const { next: state, lines } = after(promote(v1), { kind: 'add', client: copied }, add);
  expect(lines.at(-1)).toMatch(/with nothing on it, .*; its clone [0-9a-f]{12}-2 is kept$/);
  const had = state.clients['pc7']?.images['windows'];
  expect(had?.generations.map((each) => [each.id === had.current, each.installer !== undefined])).toEqual([
    [false, false],
    [true, true],
  ]);
});

describe('without an installer', () => {
  const alone = (bytes = 100 * MIB) =>
    facts(bytes, { images: [{ name: 'windows', boot: 'san', bytes, blank: true }] });
  const addAlone: Intent = { kind: 'add', client: alone() };

  it('are made at once, of no release and with nothing beside them', () => {
    const { next: state, clones, lines } = after(addAlone);
    expect(lines.at(-1)).toBe('client pc7: windows is a new LUN of 100 MiB with nothing on it');
    expect(clones).toEqual([{ client: 'pc7', image: 'windows', generation: 'blank-1', bytes: 100 * MIB }]);
    expect(generation(state)).toMatchObject({
      id: 'blank-1',
      target: 'iqn.2026-01.org.example:san1:pc7.windows.blank-1',
      bytes: 100 * MIB,
    });
    expect(generation(state)).not.toHaveProperty('release');
    expect(generation(state)).not.toHaveProperty('installer');
    expect(releaseNeeds(state)).toEqual(new Map());
    expect(planChange(state, addAlone, about()).lines).toEqual([]);
  });

  it('stay when the site gives them another size, a release is promoted, or they are to be rebased', () => {
    const before = after(addAlone).next;
    for (const intent of [
      { kind: 'add', client: alone(200 * MIB) },
      promote(v1),
      { kind: 'rebase', client: 'pc7', state: 'discard' },
    ] satisfies Intent[])
      expect(generation(planChange(before, intent, about()).next)).toEqual(generation(before));
    expect(() =>
      planChange(before, { kind: 'rebase', client: 'pc7', image: 'windows', state: 'keep' }, about()),
    ).toThrow('follows no release');
    expect(() => planChange(before, { kind: 'maintain', client: 'pc7' }, about())).toThrow(
      'windows of pc7 cannot be maintained.',
    );
  });

  it('are made anew by a reset, and come back', () => {
    const keeping = { ...about().host, retention: 3600 };
    const { next: state, clones } = planChange(after(addAlone).next, reset, about({ host: keeping }));
    expect(clones).toEqual([expect.objectContaining({ generation: 'blank-2', bytes: 100 * MIB })]);
    const back = planChange(state, { kind: 'undelete', client: alone() }, about({ host: keeping })).next;
    expect(back.clients['pc7']?.images['windows']?.current).toBe('blank-1');
    expect(() => planChange(state, { kind: 'undelete', client: facts() }, about({ host: keeping }))).toThrow(
      'What was deleted of pc7 is its image windows, which the site says otherwise.',
    );
  });

  it('keep their target: no installer is put beside one, and one that is there stays', () => {
    expect(() => planChange(after(promote(v1), addAlone).next, add, about())).toThrow(
      'No installer can be put beside the LUN that pc7 has for windows.',
    );
    const before = after(promote(v1), add).next;
    const { next: state } = planChange(before, addAlone, about());
    expect(generation(state)).toEqual(generation(before));
  });
});

import { describe, expect, it } from 'vitest';
import { imageRows } from '../../app/site/status.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import type { Proof } from '../../artifacts/release/proof.js';
import { Failure } from '../../base/failure.js';
import { draftOf, wishOf } from '../../hosts/change/draft.js';
import { type About, type Change, type Intent, type Stage } from '../../hosts/change/intent.js';
import { clientsOfStage } from '../../hosts/change/staged.js';
import { finishedChange, noChange, planChange } from '../../hosts/change.js';
import { EMPTY_STATE, type Generation, type HostState } from '../../hosts/host/state.js';
import type { ReleaseThere } from '../../hosts/publish/releases-there.js';
import type { ClientFacts } from '../../hosts/site/facts.js';
import { aboutHost } from '../util/about-host.js';
import { clientFacts, proofOf, smallRelease } from '../util/hosts.js';

const MIB = 2 ** 20;
const [v1, v2, v3] = [smallRelease('v1', 4 * MIB), smallRelease('v2', 4 * MIB), smallRelease('v3', 4 * MIB)];
const releases: readonly ReleaseThere[] = [v1, v2, v3];
const about = aboutHost(releases);
const { host } = about();

const promote = (release: ReleaseThere, channel = 'stable'): Intent => ({
  kind: 'promote',
  channel,
  release: release.digest,
});
const add = (number: number, changed: Partial<ClientFacts> = {}): Intent => ({
  kind: 'add',
  client: clientFacts(number, changed),
});
const rollback: Intent = { kind: 'rollback', channel: 'stable' };

/** The state after all of them, and the last change. */
function after(...intents: Intent[]): Change {
  let change = noChange(EMPTY_STATE);
  for (const intent of intents) change = planChange(change.next, intent, about());
  return change;
}

function current(state: HostState, client: string, image = 'debian'): Generation {
  const had = state.clients[client]?.images[image];
  const found = had?.generations.find(({ id }) => id === had.current);
  if (found === undefined) throw new Error(`${client} boots nothing`);
  return found;
}

function refusal(state: HostState, intent: Intent, changed: Partial<About> = {}) {
  try {
    planChange(state, intent, about(changed));
  } catch (error) {
    if (error instanceof Failure) return { kind: error.kind, diagnostics: error.diagnostics };
    throw error;
  }
  throw new Error('it was not refused');
}

const short = ({ digest }: ReleaseThere) => digest.slice(0, 12);
const name = (release: ReleaseThere) => `debian-bookworm@${short(release)}`;

describe('a promotion', () => {
  it('gives clients that follow a fresh clone, and tells which do not', () => {
    const { next } = after(promote(v1), add(1), add(2, { follows: 'rebase' }));
    const change = planChange(next, promote(v2), about());
    expect(change.lines).toEqual([
      `channel stable: ${name(v1)} -> ${name(v2)}`,
      `client web1: its next boot of debian is a fresh clone of ${name(v2)}; its clone ${short(v1)}-2 is kept for a rollback`,
      `client web2: debian stays at ${name(v1)} until: npx lunsmith client rebase web2`,
    ]);
    expect(change.clones).toEqual([
      {
        client: 'web1',
        image: 'debian',
        generation: `${short(v2)}-4`,
        release: v2.digest,
        from: 'disk.img',
        disk: v2.manifest.disk,
        bytes: 4 * MIB,
      },
    ]);
    expect(current(change.next, 'web1')).toMatchObject({
      target: `iqn.2026-01.org.example:san1:web1.debian.${short(v2)}-4`,
      disk: `/srv/lunsmith/clients/web1/debian/${short(v2)}-4.img`,
      bytes: 4 * MIB,
    });
    expect(change.secrets).toEqual([]);
  });

  it('drops the clone before the one that is kept', () => {
    const { next } = after(promote(v1), add(1), promote(v2));
    const change = planChange(next, promote(v3), about());
    expect(change.dropped.map(({ id }) => id)).toEqual([`${short(v1)}-2`]);
    expect(change.lines.at(-1)).toBe(`client web1: its clone ${short(v1)}-2 of debian is removed`);
  });

  it('keeps a clone that its client still runs from', () => {
    const { next } = after(promote(v1), add(1), promote(v2));
    const [old] = next.clients['web1']?.images['debian']?.generations ?? [];
    const session = { target: old?.target ?? '', initiator: 'iqn.2026-01.org.example:web1' };
    const change = planChange(next, promote(v3), about({ sessions: [session] }));
    expect(change.dropped).toEqual([]);
    expect(change.next.clients['web1']?.images['debian']?.generations).toHaveLength(3);
  });

  it('in stages gives a part of the clients the release, then more, then all', () => {
    const all = [1, 2, 3, 4].map((number) => add(number));
    const staged = (stage: Stage): Intent => ({ ...promote(v2), ...stage });
    const at = ({ next }: Change) =>
      [1, 2, 3, 4].filter((number) => current(next, `web${number}`).release === v2.digest);
    const first = planChange(after(promote(v1), ...all).next, staged({ only: ['web3'] }), about());
    expect(first.lines).toEqual([
      `channel stable: ${name(v1)} -> ${name(v2)}`,
      `client web3: its next boot of debian is a fresh clone of ${name(v2)}; its clone ${short(v1)}-4 is kept for a rollback`,
      `3 of 4 clients of stable boot what they have until: npx lunsmith promote ${name(v2)} stable`,
    ]);
    expect(at(first)).toEqual([3]);
    expect(imageRows(first.next, []).map(({ behind }) => behind)).toEqual([true, true, false, true]);
    // The same stage again changes nothing.
    expect(planChange(first.next, staged({ only: ['web3'] }), about()).next).toBe(first.next);
    const half = planChange(first.next, staged({ percent: 50 }), about());
    const rest = planChange(half.next, promote(v2), about());
    expect(at(rest)).toEqual([1, 2, 3, 4]);
    // The channel has moved once, so that one rollback takes all of it back.
    expect(rest.next.channels['stable']?.history).toHaveLength(2);
    const back = planChange(first.next, rollback, about());
    expect(at(back)).toEqual([]);
    expect(current(back.next, 'web3').id).toBe(`${short(v1)}-4`);
    expect(back.lines.filter((line) => line.startsWith('client '))).toHaveLength(1);
  });

  it('of more percent holds that of fewer, and is at least one client', () => {
    const names = Array.from({ length: 30 }, (_, index) => `web${index}`);
    const draft = draftOf(EMPTY_STATE, about());
    const part = (percent: number, channel = 'stable') => clientsOfStage(draft, channel, names, { percent });
    expect([1, 10, 11, 50, 100].map((percent) => part(percent).size)).toEqual([1, 3, 4, 15, 30]);
    expect([...part(10)].every((each) => part(50).has(each))).toBe(true);
    expect([...part(50)].sort()).not.toEqual([...part(50, 'edge')].sort());
  });

  it('in stages is refused for who does not follow the channel, all of them at once', () => {
    const { next } = after(
      promote(v1),
      add(1),
      add(2, { images: [{ name: 'debian', channel: 'edge', boot: 'san' }] }),
    );
    const told = refusal(next, { ...promote(v2), only: ['web2', 'wab1'] } as Intent);
    expect(told.diagnostics).toEqual([
      {
        what: '`web2` is no client of the channel stable on san1.',
        expected: 'some of web1',
        hint: 'Did you mean `web1`?',
      },
      {
        what: '`wab1` is no client of the channel stable on san1.',
        expected: 'some of web1',
        hint: 'Did you mean `web1`?',
      },
    ]);
  });

  it('of the release that the channel is at changes nothing', () => {
    const { next } = after(promote(v1), add(1));
    const change = planChange(next, promote(v1), about());
    expect(change.next).toBe(next);
    expect(change.lines).toEqual([]);
  });

  it('is refused for a channel that the site does not have', () => {
    expect(refusal(EMPTY_STATE, promote(v1, 'stabel'))).toEqual({
      kind: 'usage',
      diagnostics: [
        {
          what: 'There is no channel stabel.',
          expected: 'one of stable and edge',
          found: 'stabel',
          hint: 'Add it to `channels` of lunsmith.yaml if it shall exist.',
        },
      ],
    });
  });

  it('is refused for a release that is not there', () => {
    expect(refusal(EMPTY_STATE, promote(v1), { releases: new Map() })).toEqual({
      kind: 'usage',
      diagnostics: [
        {
          what: `The release ${short(v1)} is not on san1.`,
          hint: `Send it: npx lunsmith publish out/RECIPE/releases/${v1.digest} --to san1`,
        },
      ],
    });
  });

  it('is refused for a release without the proofs that the host demands', () => {
    const proofs = [
      proofOf(v1.digest, { firmware: 'bios', path: 'san', secret: 'right' }, false),
      proofOf(v2.digest, { firmware: 'uefi', path: 'san', secret: 'right' }),
      proofOf(v1.digest, { firmware: 'uefi', path: 'direct', secret: 'right' }),
    ];
    const gate = ['bios-san', 'uefi-san', 'bios-direct', 'uefi-direct'];
    const changed = {
      host: { ...host, gate },
      releases: new Map([[v1.digest, { ...v1, proofs }]]),
    };
    expect(refusal(EMPTY_STATE, promote(v1), changed)).toEqual({
      kind: 'proof',
      diagnostics: [
        {
          what: `${name(v1)} may not be promoted on san1: it is not proven.`,
          expected: 'a passed proof of bios-san, uefi-san, bios-direct and uefi-direct',
          found: 'bios-san: failed; uefi-san: a proof of another release; bios-direct: no proof',
          hint: `Prove it, then publish it again: npx lunsmith prove out/debian-bookworm/releases/${v1.digest} --for san1`,
        },
      ],
    });
  });

  it('takes from another proof of the same firmware what a proof left out, and is refused where none shows it', () => {
    const cell = { firmware: 'bios', path: 'san', secret: 'right' } as const;
    const leftOut = ['reboot', 'power off'];
    const direct = { ...proofOf(v1.digest, { ...cell, path: 'direct' }), leftOut };
    const judged = (...others: Proof[]) => ({
      host: { ...host, gate: ['bios-direct'] },
      releases: new Map([[v1.digest, { ...v1, proofs: [...others, direct] }]]),
    });
    const refused = (...others: Proof[]) =>
      refusal(EMPTY_STATE, promote(v1), judged(...others)).diagnostics[0].found;
    const lacks = 'bios-direct: no proof by bios shows reboot and power off';
    expect(refused()).toBe(lacks);
    expect(refused({ ...proofOf(v1.digest, cell), leftOut })).toBe(lacks);
    expect(refused(proofOf(v1.digest, cell, false))).toBe(lacks);
    expect(refused(proofOf(v2.digest, cell))).toBe(lacks);
    expect(refused(proofOf(v1.digest, { ...cell, firmware: 'uefi' }))).toBe(lacks);
    expect(refused(proofOf(v1.digest, { ...cell, secret: 'wrong' }))).toBe(lacks);
    const { next } = planChange(EMPTY_STATE, promote(v1), about(judged(proofOf(v1.digest, cell))));
    expect(next.channels['stable']?.release).toBe(v1.digest);
  });

  it('is refused for all clients that are other machines than the release is for', () => {
    const boot: Manifest['boot'] = [{ method: 'tftp', artifacts: {} }];
    const pi = { ...v2, manifest: { ...v2.manifest, platform: 'raspberry-pi' as const, boot } };
    const { next } = after(promote(v1), add(1), add(2));
    expect(
      refusal(next, promote(pi), { host: { ...host, gate: [] }, releases: new Map([[pi.digest, pi]]) })
        .diagnostics,
    ).toEqual(
      ['web1', 'web2'].map((client) => ({
        what: `${client} cannot boot ${name(pi)}: it is for another kind of machine.`,
        expected: `\`boot: tftp\` for the image debian of ${client}, or another channel`,
        found: '`boot: san`',
        hint: `Change it in lunsmith.yaml, then run: npx lunsmith client add ${client}`,
      })),
    );
    const images: ClientFacts['images'] = [{ name: 'debian', channel: 'stable', boot: 'tftp' }];
    expect(refusal(after(promote(v1)).next, add(1, { images })).diagnostics[0].what).toBe(
      `web1 cannot boot ${name(v1)}: it is for another kind of machine.`,
    );
  });

  it('is refused for clients that boot by a method which the release lacks', () => {
    const boot: Manifest['boot'] = [{ method: 'san', artifacts: {}, firmware: ['bios'] }];
    const installer = { ...v2, manifest: { ...v2.manifest, boot } };
    const images: ClientFacts['images'] = [{ name: 'debian', channel: 'stable', boot: 'direct' }];
    const { next } = after(promote(v1), add(1, { images }), add(2));
    const about = { releases: new Map([[installer.digest, installer]]) };
    expect(refusal(next, promote(installer), about).diagnostics).toEqual([
      {
        what: `web1 cannot boot ${name(installer)}: it offers no direct boot.`,
        expected: '`boot: san` for the image debian of web1, or another channel',
        found: '`boot: direct`',
        hint: 'Change it in lunsmith.yaml, then run: npx lunsmith client add web1',
      },
    ]);
  });

  it('is refused for all clients whose LUN would be too small', () => {
    const large = smallRelease('large', 6 * MIB);
    const images: ClientFacts['images'] = [
      { name: 'debian', channel: 'stable', boot: 'san', bytes: 5 * MIB },
    ];
    const { next } = after(promote(v1), add(1, { images }), add(2, { images }), add(3));
    const failure = refusal(next, promote(large), { releases: new Map([[large.digest, large]]) });
    expect(failure.diagnostics).toEqual(
      ['web1', 'web2'].map((client) => ({
        what: `The LUN of ${client} for debian is 1 MiB smaller than the image of debian-bookworm@${short(large)}.`,
        expected: 'at least 6 MiB',
        found: '5 MiB',
        hint: `Give the image of ${client} a larger size in lunsmith.yaml, or none, then run: npx lunsmith client add ${client}`,
      })),
    );
  });
});

describe('a wish whose call was cut off', () => {
  const forward = () => after(promote(v1), add(1), promote(v2), promote(v3)).next;
  it.each([
    ['a rollback', rollback],
    ['a reset', { kind: 'reset', client: 'web1' } as const],
    ['a rebase', { kind: 'rebase', client: 'web1', state: 'keep' } as const],
  ])('goes no further when it is called again: %s', (_words, intent) => {
    const state = { ...forward(), wish: wishOf(intent) };
    expect(finishedChange(state, intent)).toMatchObject({ next: state, lines: [], finishes: true });
    expect(finishedChange(forward(), intent)).toBeUndefined();
  });

  it('is another one for another channel or client, and one that may be fulfilled again is fulfilled', () => {
    const { next } = planChange(forward(), rollback, about());
    expect(finishedChange(next, rollback)?.next).toBe(next);
    expect(finishedChange(next, { ...rollback, channel: 'edge' })).toBeUndefined();
    expect(finishedChange({ ...next, wish: wishOf(promote(v1)) }, promote(v1))).toBeUndefined();
  });
});

describe('a rollback', () => {
  it('from a release does nothing when that was left, and is refused when the channel was never there', () => {
    const from = (release: ReleaseThere): Intent => ({ ...rollback, from: release.digest });
    const { next } = after(promote(v1), promote(v2), promote(v3), from(v3));
    expect(next.channels['stable']?.release).toBe(v2.digest);
    expect(planChange(next, from(v3), about()).next).toBe(next);
    expect(planChange(next, from(v2), about()).next.channels['stable']?.release).toBe(v1.digest);
    expect(refusal(next, from(v1)).diagnostics[0]).toEqual({
      what: 'The channel stable of san1 is not at the release that it shall leave.',
      expected: name(v1),
      found: name(v2),
    });
  });

  it('gives each client back what it booted, a fresh clone, or nothing', () => {
    const { next } = after(promote(v1), add(1), promote(v2), add(2), add(3, { follows: 'rebase' }));
    const change = planChange(next, rollback, about());
    expect(change.lines).toEqual([
      `channel stable: ${name(v2)} -> ${name(v1)}`,
      `client web1: its next boot of debian is its clone ${short(v1)}-2 again, with all that was written to it; its clone ${short(v2)}-3 is kept`,
      `client web2: its next boot of debian is a fresh clone of ${name(v1)}, for it has none; its clone ${short(v2)}-4 is kept`,
      `client web3: debian stays at ${name(v2)}: it has no clone of ${name(v1)}`,
    ]);
    expect(current(change.next, 'web1')).toEqual(current(after(promote(v1), add(1)).next, 'web1'));
  });

  it('goes back one promotion at a time, and no further', () => {
    const { next } = after(promote(v1), promote(v2), promote(v3), rollback, rollback);
    expect(next.channels['stable']?.release).toBe(v1.digest);
    expect(refusal(next, rollback).diagnostics[0]).toEqual({
      what: 'There is nothing that the channel stable of san1 could go back to.',
      expected: 'two releases that were promoted one after the other',
      found: `only ${name(v1)}`,
    });
    expect(refusal(EMPTY_STATE, rollback).diagnostics[0].found).toBe('no release');
  });

  it('needs the release on the host', () => {
    const { next } = after(promote(v1), promote(v2));
    expect(refusal(next, rollback, { releases: new Map() }).diagnostics[0]).toEqual({
      what: `The release ${name(v1)} is not on san1.`,
      hint: `Send it: npx lunsmith publish out/debian-bookworm/releases/${v1.digest} --to san1`,
    });
  });
});

describe('a client', () => {
  it('may come before the first release', () => {
    const change = after(add(1));
    expect(change.lines).toEqual([
      'client web1: is new, iqn.2026-01.org.example:web1',
      'client web1: debian boots as soon as the channel stable has a release',
    ]);
    expect(change.secrets.map((each) => each.name)).toEqual(['web1']);
    expect(current(planChange(change.next, promote(v1), about()).next, 'web1').release).toBe(v1.digest);
  });

  it('changes by what the site says now', () => {
    const { next } = after(promote(v1), promote(v3, 'edge'), add(1));
    const change = planChange(
      next,
      add(1, {
        mac: '52:54:00:00:00:99',
        menuSeconds: 9,
        images: [
          { name: 'debian', channel: 'edge', boot: 'direct' },
          { name: 'rescue', channel: 'stable', boot: 'san', bytes: 8 * MIB },
        ],
      }),
      about(),
    );
    expect(change.lines).toEqual([
      'client web1: mac 52:54:00:00:00:01 -> 52:54:00:00:00:99',
      'client web1: menuSeconds 5 -> 9',
      'client web1: debian (stable, san, size of the image) -> (edge, direct, size of the image)',
      'client web1: its images debian -> debian, rescue',
      `client web1: its next boot of debian is a fresh clone of ${name(v3)}; its clone ${short(v1)}-3 is kept`,
      `client web1: its next boot of rescue is a fresh clone of ${name(v1)}`,
    ]);
    expect(change.secrets).toEqual([]);
    const back = planChange(change.next, add(1), about());
    expect(back.lines).toContain(`client web1: its clone ${short(v1)}-4 of rescue is removed`);
    expect(Object.keys(back.next.clients['web1']?.images ?? {})).toEqual(['debian']);
  });

  it.each([
    ['mac', 'MAC address', '52:54:00:00:00:01'],
    ['serial', 'serial number', 'X1'],
    ['uuid', 'UUID', '00000000-0000-0000-0000-000000000001'],
    ['initiator', 'initiator IQN', 'iqn.2026-01.org.example:web1'],
    ['address', 'address', '192.0.2.21'],
    ['account', 'CHAP user', 'them'],
  ])('is refused with the %s of another', (key, words, value) => {
    const own = { [key]: key === 'address' ? { address: value, netmask: '255.255.255.0' } : value };
    const { next } = after(add(1, own));
    expect(refusal(next, add(2, own))).toEqual({
      kind: 'usage',
      diagnostics: [
        {
          what: `The ${words} of web2 is that of web1 on san1.`,
          expected: 'one that no other client there has',
          found: value,
          hint: 'If web1 has another now, change them at once: npx lunsmith client add web2 web1. If web2 is its new name: give it the old one again, run npx lunsmith client rm web1 --keep-entry, which deletes what it stored, then rename it.',
        },
      ],
    });
  });

  it('that is not there needs no removal', () => {
    const { next } = after(add(1), add(2));
    expect(planChange(next, { kind: 'remove', client: 'web3' }, about())).toMatchObject({ next, lines: [] });
  });

  it('that is not there is told of', () => {
    expect(refusal(after(add(1), add(2)).next, { kind: 'reset', client: 'wep1' }).diagnostics[0]).toEqual({
      what: 'There is no client wep1 on san1.',
      expected: 'one of web1 and web2',
      found: 'wep1',
      hint: 'If the site has it, put it there: npx lunsmith client add wep1',
    });
  });

  it('of another host is refused', () => {
    expect(refusal(EMPTY_STATE, add(1, { host: 'san2' })).diagnostics[0]).toEqual({
      what: 'The client web1 is not one of san1.',
      expected: 'a client of the host san1',
      found: 'its host is san2',
    });
  });

  it.each<[string, Intent]>([
    ['remove web1', { kind: 'remove', client: 'web1' }],
    ['reset debian of web1', { kind: 'reset', client: 'web1' }],
    ['discard the state of debian of web1', { kind: 'rebase', client: 'web1', state: 'discard' }],
  ])('with a session is not touched: %s', (doing, intent) => {
    const { next } = after(promote(v1), add(1, { follows: 'rebase' }), promote(v2));
    const { target } = current(next, 'web1');
    const sessions = [{ target, initiator: 'iqn.2026-01.org.example:web1' }];
    expect(refusal(next, intent, { sessions })).toEqual({
      kind: 'usage',
      diagnostics: [
        {
          what: `Cannot ${doing}: web1 is running from it.`,
          expected: `no session with ${target}`,
          found: 'a session of iqn.2026-01.org.example:web1',
          hint: 'Shut web1 down, wait until its target misses it (a minute with LIO), then run the same command again.',
        },
      ],
    });
    if (intent.kind !== 'rebase') return;
    const kept = planChange(next, { ...intent, state: 'keep' }, about({ sessions }));
    expect(kept.dropped).toEqual([]);
  });

  it.each(['keep', 'discard'] as const)('is rebased, and told what becomes of its state: %s', (state) => {
    const { next } = after(promote(v1), add(1, { follows: 'rebase' }), promote(v2));
    const change = planChange(next, { kind: 'rebase', client: 'web1', state }, about());
    const fate = state === 'keep' ? 'is kept for a rollback' : 'is thrown away';
    expect(change.lines).toEqual([
      `client web1: its next boot of debian is a fresh clone of ${name(v2)}; what was written to ${short(v1)}-2 ${fate}`,
      ...(state === 'keep' ? [] : [`client web1: its clone ${short(v1)}-2 of debian is removed`]),
    ]);
    expect(planChange(change.next, { kind: 'rebase', client: 'web1', state }, about()).lines).toEqual([]);
  });

  it('boots another image next, once chosen', () => {
    const images: ClientFacts['images'] = [
      { name: 'debian', channel: 'stable', boot: 'san' },
      { name: 'rescue', channel: 'stable', boot: 'san' },
    ];
    const { next } = after(promote(v1), add(1, { images }));
    const chosen = planChange(next, { kind: 'next', client: 'web1', image: 'rescue' }, about());
    expect(chosen.lines).toEqual(['client web1: its next boot is rescue']);
    expect(chosen.next.clients['web1']?.next).toBe('rescue');
    const back = planChange(chosen.next, { kind: 'next', client: 'web1' }, about());
    expect(back.lines).toEqual(['client web1: its next boot is debian, as ever']);
    expect(refusal(next, { kind: 'next', client: 'web1', image: 'rescu' }).diagnostics[0]).toEqual({
      what: 'The client web1 has no image rescu.',
      expected: 'one of debian and rescue',
      found: 'rescu',
    });
    const { target } = current(chosen.next, 'web1', 'rescue');
    const started = planChange(
      chosen.next,
      promote(v2),
      about({ sessions: [{ target, initiator: 'iqn.2026-01.org.example:web1' }] }),
    );
    expect(started.lines[0]).toBe('client web1: has started rescue; its next boot is debian, as ever');
    expect(started.next.clients['web1']?.next).toBeUndefined();
  });

  it('gets its secret again by a rotation alone', () => {
    const { next } = after(promote(v1), add(1));
    const change = planChange(
      next,
      { kind: 'rotate', client: clientFacts(1, { secret: 'file:new', mac: '52:54:00:00:00:77' }) },
      about(),
    );
    expect(change.lines).toEqual(['client web1: its CHAP secret is read from file:new']);
    expect(change.next.clients['web1']?.facts).toEqual(clientFacts(1, { secret: 'file:new' }));
  });
});

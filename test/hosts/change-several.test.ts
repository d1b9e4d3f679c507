/** Several wishes in one change. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import type { ClientIntent, Intent } from '../../hosts/change/intent.js';
import { finishedChange, planChange, releasesNeeded } from '../../hosts/change.js';
import { EMPTY_STATE, type HostState } from '../../hosts/host/state.js';
import { aboutHost } from '../util/about-host.js';
import { clientFacts, smallRelease } from '../util/hosts.js';

const v1 = smallRelease('v1', 4 << 20);
const about = aboutHost([v1])();
const add = (number: number, changed = {}): ClientIntent => ({
  kind: 'add',
  client: clientFacts(number, changed),
});
const several = (...intents: ClientIntent[]): Intent => ({ kind: 'several', intents });
const plan = (state: HostState, intent: Intent) => planChange(state, intent, about);
const promoted = plan(EMPTY_STATE, { kind: 'promote', channel: 'stable', release: v1.digest }).next;
const board = (number: number) => clientFacts(number).mac ?? '';

describe('several wishes', () => {
  it('are one state later, with all that each of them takes', () => {
    const change = plan(promoted, several(add(1), add(2), add(3)));
    expect(change.next.serial).toBe(promoted.serial + 1);
    expect(Object.keys(change.next.clients)).toEqual(['web1', 'web2', 'web3']);
    expect(change.clones.map(({ client }) => client)).toEqual(['web1', 'web2', 'web3']);
    expect(change.secrets.map(({ name }) => name)).toEqual(['web1', 'web2', 'web3']);
    expect(plan(change.next, several(add(1), add(2), add(3)))).toMatchObject({
      next: change.next,
      lines: [],
    });
    expect(releasesNeeded(promoted, several(add(1), add(2)))).toEqual([v1.digest]);
  });

  it('let two machines swap what they are known by, which none of them could alone', () => {
    const { next } = plan(promoted, several(add(1), add(2)));
    const [first, second] = [add(1, { mac: board(2) }), add(2, { mac: board(1) })];
    expect(() => plan(next, first)).toThrow('The MAC address of web1 is that of web2 on san1.');
    const swapped = plan(next, several(first, second));
    expect(swapped.lines).toEqual([
      `client web1: mac ${board(1)} -> ${board(2)}`,
      `client web2: mac ${board(2)} -> ${board(1)}`,
    ]);
    expect(swapped.clones).toEqual([]);
  });

  it('that share something are refused once for each pair', () => {
    const same = { mac: board(9) };
    expect(() => plan(promoted, several(add(1, same), add(2, same)))).toThrow(
      expect.objectContaining({
        diagnostics: [expect.objectContaining({ what: 'The MAC address of web1 is that of web2 on san1.' })],
      }),
    );
  });

  it('take the name of a machine that goes in the same change', () => {
    const { next } = plan(promoted, several(add(1)));
    const renamed = plan(next, several({ kind: 'remove', client: 'web1' }, add(2, { mac: board(1) })));
    expect(Object.keys(renamed.next.clients)).toEqual(['web2']);
  });

  it('are refused with all that stands against them', () => {
    const reset = (client: string): ClientIntent => ({ kind: 'reset', client });
    let refused: unknown;
    try {
      plan(promoted, several(add(1), reset('web8'), reset('web9')));
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(Failure);
    expect((refused as Failure).diagnostics.map(({ found }) => found)).toEqual(['web8', 'web9']);
  });

  it('that were cut off are finished, and go no further, when one of them would', () => {
    const { next } = plan(promoted, several(add(1), add(2)));
    const reset = several({ kind: 'reset', client: 'web1' }, { kind: 'reset', client: 'web2' });
    const once = plan(next, reset).next;
    expect(finishedChange(once, reset)).toMatchObject({ next: once, finishes: true });
    expect(finishedChange(once, several({ kind: 'reset', client: 'web1' }))).toBeUndefined();
  });
});

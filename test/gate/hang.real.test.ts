/** Clients that come so far and no further, on a real machine: each is found, and for what it is. */
import { expect, it, vi } from 'vitest';
import type { Proof } from '../../artifacts/release/proof.js';
import { MUTE_PORT } from '../inside/gate.js';
import { bootSector, HALT, LOOP, RESET, runCell, type TinyClient } from './gate-rig.js';

// They take as long as the host lets them.
vi.setConfig({ testTimeout: 600_000 });

const MUTE = `iscsi:\${next-server}::${MUTE_PORT}:1:iqn.2026-01.org.example:mute`;

it.each<[string, TinyClient, string, RegExp]>([
  [
    'logs in to a target that does not answer',
    { script: `#!ipxe\necho SAN boot, attempt 1\nsanboot ${MUTE}\n` },
    'ipxe',
    /^The client turns in circles/,
  ],
  ['halts in its boot loader', { sector: HALT }, 'san-login', /^The client stands still/],
  ['turns in circles in its boot loader', { sector: LOOP }, 'san-login', /^The client turns in circles/],
  [
    'resets itself again and again',
    { sector: bootSector(...RESET) },
    'san-login',
    /^The client resets itself again and again: 6 times, and nobody asked for it\.$/,
  ],
])('finds a client that %s', async (_, client, milestone, why) => {
  const outcome = await runCell(client);
  expect(outcome).toMatchObject({ passed: false });
  expect(outcome.milestones.at(-1)?.milestone).toBe(milestone);
  const { checks } = outcome as Proof;
  expect(checks.map(({ name }) => name)).toEqual(['boot to a login']);
  expect(checks[0]?.found).toMatch(why);
});

it('decides nothing when the wall’s clock is over before the client’s own patience', async () => {
  const outcome = await runCell({
    sector: LOOP,
    patience: { idle: 600, silent: 600, work: 600, wall: 12 },
  });
  expect(outcome).toMatchObject({
    cell: { firmware: 'bios', path: 'san', secret: 'right' },
    notDecided: expect.stringMatching(
      /^After \d+ s there is no sign of the login prompt, but the client still works/,
    ) as string,
  });
  expect(outcome).not.toHaveProperty('passed');
});

it('decides nothing of a disk that cannot be booted, if that may be the host’s fault', async () => {
  expect(await runCell({ mostOwed: 0 })).toMatchObject({
    notDecided: expect.stringMatching(
      /^boot to a login: iPXE could not boot from the LUN: SAN boot failed, giving up\. The client’s own clocks may have run out/,
    ) as string,
  });
});

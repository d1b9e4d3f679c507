import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Proof } from '../../artifacts/release/proof.js';
import { proofFailure, undecidedFailure } from '../../gate/proof-failure.js';
import { testFolder } from '../artifacts/formats/tools.js';

const PROOF: Proof = {
  format: 'lunsmith-proof/1',
  release: 'a'.repeat(64),
  cell: { firmware: 'bios', path: 'san', secret: 'right' },
  passed: false,
  at: '2026-01-01T00:00:00.000Z',
  accelerator: 'tcg',
  network: 'tap',
  seconds: 20,
  milestones: [
    { boot: 1, milestone: 'power-on', seconds: 0 },
    { boot: 1, milestone: 'dhcp', seconds: 2.2 },
    { boot: 1, milestone: 'boot-loader', seconds: 5.5 },
  ],
  checks: [
    { name: 'boot to a login', passed: false, found: 'the kernel stopped: Kernel panic - not syncing' },
  ],
  tools: {},
};

it('says what failed, how far the chain came, what was next, and where to look', async () => {
  await using folder = await testFolder();
  const lines = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`);
  await writeFile(folder.at('console.log'), `${lines.join('\n')}\n`);
  await writeFile(folder.at('failure.png'), '');
  const failure = await proofFailure(PROOF, folder.path);
  expect(failure.toRecord()).toEqual({
    kind: 'proof',
    diagnostics: [
      {
        what: 'bios-san did not pass: boot to a login: the kernel stopped: Kernel panic - not syncing',
        expected: 'next: the kernel',
        found: 'the first boot came as far as the boot loader on the LUN (after 5.5 s)',
        hint: `Look into ${folder.path}: console.log, failure.png.`,
      },
    ],
    log: folder.at('console.log'),
    command: { argv: ['qemu-system-x86_64'], lastLines: lines.slice(-20) },
  });
});

it('names the unit that was waited for', async () => {
  await using folder = await testFolder();
  await writeFile(
    folder.at('console.log'),
    '   65.00  [ ***  ] A start job is running for /srv (1min 1s / no limit)\n',
  );
  const { diagnostics } = await proofFailure(PROOF, folder.path);
  expect(diagnostics[0].found).toBe(
    'the first boot came as far as the boot loader on the LUN (after 5.5 s); since 4 s: A start job is running for /srv (1min 1s / no limit)',
  );
});

it('tells of a run that came to no verdict by a kind of its own', async () => {
  const { cell, milestones } = PROOF;
  const notDecided = 'After 3600 s there is no sign of the login prompt, but the client still works.';
  const failure = await undecidedFailure({ cell, milestones, notDecided }, '/nonexistent');
  expect(failure.kind).toBe('undecided');
  expect(failure.exitCode).toBe(11);
  expect(failure.diagnostics).toEqual([
    {
      what: `bios-san was not decided: ${notDecided}`,
      expected: 'next: the kernel',
      found: 'the first boot came as far as the boot loader on the LUN (after 5.5 s)',
      hint: 'Prove it again when the host has less to do; the release may be good. Look into /nonexistent: nothing was kept.',
    },
  ]);
});

it('names every check that did not pass, after a boot that came through', async () => {
  const failure = await proofFailure(
    {
      ...PROOF,
      milestones: [{ boot: 2, milestone: 'login', seconds: 41 }],
      checks: [
        { name: 'boot 1', passed: true, found: 'login prompt after 40 s' },
        { name: 'kernel', passed: false, found: '6.1.0-1-amd64' },
        { name: 'units', passed: false, found: 'failed: ssh.service' },
      ],
    },
    '/nonexistent',
  );
  expect(failure.diagnostics).toEqual([
    {
      what: 'bios-san did not pass: kernel: 6.1.0-1-amd64',
      found: 'boot 2, after the reboot, came as far as the login prompt (after 41 s)',
      hint: 'Look into /nonexistent: nothing was kept.',
    },
    { what: 'bios-san did not pass: units: failed: ssh.service' },
  ]);
});

it('knows a machine that was never switched on', async () => {
  const failure = await proofFailure({ ...PROOF, milestones: [], checks: [] }, '/nonexistent');
  expect(failure.diagnostics[0]).toMatchObject({
    what: 'bios-san did not pass: nothing was checked',
    found: 'the machine was never switched on',
  });
});

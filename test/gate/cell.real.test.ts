/** The gate with a disk that has nothing on it: enough for all that comes before the boot loader. */
import { readdir, readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Proof } from '../../artifacts/release/proof.js';
import type { Event } from '../../base/event.js';
import { DEFAULT_BOUNDS, type GateRequest } from '../../gate/request.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import { testFolder } from '../artifacts/formats/tools.js';
import { gateRequest, makeRelease } from './gate-rig.js';

interface Ran {
  readonly proof: Proof;
  readonly events: readonly Event[];
  readonly evidence: string;
}

/** One cell in a sandbox; what it left as evidence must hold no secret of its client. */
async function prove(change: Partial<GateRequest>): Promise<Ran> {
  await using folder = await testFolder();
  await makeRelease(folder);
  const events: Event[] = [];
  const job = {
    module: 'test/inside/gate.js',
    payload: gateRequest(folder, change),
    network: 'own',
  } as const;
  const proof = (await enterSandbox(
    job,
    (event) => events.push(event),
    new AbortController().signal,
  )) as Proof;
  const names = (await readdir(folder.at('evidence'))).sort();
  expect(names).toEqual(expect.arrayContaining(['console.log', 'http.log', 'network.pcap.gz', 'tgtd.log']));
  const texts = await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(folder.at(`evidence/${name}`));
      return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
    }),
  );
  return { proof, events, evidence: texts.join('\n') };
}

const found = (proof: Proof) => Object.fromEntries(proof.checks.map((check) => [check.name, check.found]));
const reached = (proof: Proof) => proof.milestones.map(({ milestone }) => milestone);

it.each([
  ['bios', 'tap'],
  ['uefi', 'tap'],
  ['bios', 'user'],
  ['uefi', 'user'],
] as const)('proves on %s over the %s network that a wrong secret is refused', async (firmware, network) => {
  const cell = { firmware, path: 'san', secret: 'wrong' } as const;
  const { proof, events, evidence } = await prove({ cell, network });
  expect(proof).toMatchObject({ passed: true, network, accelerator: 'tcg', cell });
  expect(found(proof)).toEqual({
    'the client gives up': 'iPXE could not boot from the LUN: SAN boot failed, giving up',
    'the login is refused': expect.stringMatching(
      /^Could not open SAN device: Operation not permitted/,
    ) as string,
    'no session at the target': 'none',
    'no login prompt': 'none',
  });
  expect(reached(proof)).toEqual(['power-on', 'dhcp', 'tftp', 'ipxe']);
  const milestones = events.filter((event) => event.type === 'milestone');
  expect(milestones.map(({ milestone, boot }) => `${boot} ${milestone}`)).toEqual([
    '1 power-on',
    '1 dhcp',
    '1 tftp',
    '1 ipxe',
  ]);
  // Packets are kept, and among them those with the account.
  expect(evidence).not.toMatch(/set password [^*]/);
});

it('tells how far a client came whose disk cannot be booted', async () => {
  // However little this host gives it.
  const { proof } = await prove({ bounds: { ...DEFAULT_BOUNDS, mostOwed: 1e6 } });
  expect(proof.passed).toBe(false);
  expect(reached(proof)).toEqual(['power-on', 'dhcp', 'tftp', 'ipxe', 'san-login']);
  expect(found(proof)).toEqual({
    'boot to a login': 'iPXE could not boot from the LUN: SAN boot failed, giving up',
  });
});

it('refuses a release that says nothing on the serial port, before it starts anything', async () => {
  await using folder = await testFolder();
  await makeRelease(folder);
  const job = {
    module: 'test/inside/gate.js',
    payload: gateRequest(folder, {}, 'root=UUID=x ro console=tty0 quiet'),
    network: 'own',
  } as const;
  const events: Event[] = [];
  await expect(
    enterSandbox(job, (event) => events.push(event), new AbortController().signal),
  ).rejects.toMatchObject({
    kind: 'recipe',
    diagnostics: [
      {
        what: 'This release cannot be proven: its kernel command line names no console on the serial port ttyS0.',
        expected: '`console=ttyS0,115200` among the kernel’s parameters',
        found: 'root=UUID=x ro console=tty0 quiet',
        hint: `Add it to \`kernel: command-line:\` of the recipe (besides \`console=tty0\`), build again, and prove the new release instead of ${folder.at('release')}.`,
      },
    ],
  });
  expect(events).toEqual([]);
});

it('refuses a release that does not say what its console shows', async () => {
  await using folder = await testFolder();
  await makeRelease(folder);
  const { manifest } = gateRequest(folder, {});
  const { console: _, ...untold } = manifest;
  const payload = gateRequest(folder, { manifest: untold });
  const job = { module: 'test/inside/gate.js', payload, network: 'own' } as const;
  await expect(enterSandbox(job, () => undefined, new AbortController().signal)).rejects.toMatchObject({
    kind: 'recipe',
    diagnostics: [
      {
        what: 'This release cannot be proven: its manifest does not say what the system shows on its console.',
        expected: '`console` with `login`, as the stage `boot-artifacts` records it',
        found: 'no `console`',
        hint: `Build the recipe again if ${folder.at('release')} was built by an earlier version of lunsmith.`,
      },
    ],
  });
});

it('ends everything within 2 s of an abort', async () => {
  await using folder = await testFolder();
  await makeRelease(folder);
  const controller = new AbortController();
  let aborted = 0;
  const job = {
    module: 'test/inside/gate.js',
    payload: gateRequest(folder, {}),
    network: 'own',
  } as const;
  const ran = enterSandbox(
    job,
    (event) => {
      if (event.type !== 'milestone' || event.milestone !== 'dhcp') return;
      aborted = performance.now();
      controller.abort();
    },
    controller.signal,
  );
  await expect(ran).rejects.toMatchObject({ kind: 'interrupted' });
  expect(performance.now() - aborted).toBeLessThan(2000);
});

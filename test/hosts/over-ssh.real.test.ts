/** The same changes over ssh end in the same files as on this machine. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createPorts } from '../../base/command.js';
import type { Failure } from '../../base/failure.js';
import { applyChange, needsRepair, readState, repair } from '../../hosts/apply.js';
import type { Intent } from '../../hosts/change/intent.js';
import { openDirectory } from '../../hosts/host/directory.js';
import { openHost } from '../../hosts/host/open.js';
import { adapterOf } from '../../hosts/target/adapters.js';
import { failureOf } from '../util/failure-of.js';
import { hostRig, picture } from '../util/host-rig.js';
import { clientFacts } from '../util/hosts.js';
import { commandLines, untilGone } from '../util/processes.js';
import { startSshd } from '../util/sshd.js';

it('a host by ssh becomes what one of this machine becomes, and no secret is in a command line', async () => {
  await using near = await hostRig();
  await using far = await hostRig();
  await using sshd = await startSshd(far.ports);
  const facts = { ...far.facts, transport: { kind: 'ssh' as const, destination: sshd.destination } };
  await using host = await openHost(facts, far.ports, sshd.environment);
  const { v1, v2 } = near.releases;
  const intents: Intent[] = [
    { kind: 'promote', channel: 'stable', release: v1.digest },
    { kind: 'add', client: clientFacts(1) },
    { kind: 'promote', channel: 'stable', release: v2.digest },
    { kind: 'rotate', client: clientFacts(1, { secret: 'env:OTHER' }) },
    { kind: 'rollback', channel: 'stable' },
  ];
  const looker = { done: false };
  const lines = new Set<string>();
  const looking = (async () => {
    while (!looker.done) for (const line of await commandLines()) lines.add(line);
  })();
  for (const intent of intents) {
    const there = await applyChange(host, intent, far.options, far.ports);
    const here = await applyChange(near.host, intent, near.options, near.ports);
    expect(there.lines).toEqual(here.lines);
  }
  looker.done = true;
  await looking;
  const shown = async (rig: typeof near) =>
    JSON.parse(JSON.stringify(await picture(rig.root)).replaceAll(rig.folder, 'FOLDER')) as unknown;
  expect(await shown(far)).toEqual(await shown(near));
  expect((await readState(host)).serial).toBe(5);
  expect([...lines].some((line) => line.includes('ssh'))).toBe(true);
  expect([...lines].filter((line) => /SECRET1-of-web1|OTHER-of-web1/.test(line))).toEqual([]);
});

it('a socket that is left of a tgtd is no tgtd', async () => {
  await using rig = await hostRig();
  await using sshd = await startSshd(rig.ports);
  const facts = { ...rig.facts, transport: { kind: 'ssh' as const, destination: sshd.destination } };
  await using far = await openHost(facts, rig.ports, sshd.environment);
  const socket = join(rig.folder, 'left.0');
  // What binds it ends, and the name stays.
  const bind = 'socket(S,AF_UNIX,SOCK_STREAM,0); bind(S,sockaddr_un($ARGV[0])); listen(S,1)';
  await rig.ports.run(['perl', '-MSocket', '-e', bind, socket], { doing: 'leave a socket' });
  for (const host of [far, rig.host]) {
    const failure = await failureOf(adapterOf('tgt', { tgtSocket: socket }).sessions(host, rig.ports));
    expect(failure.toRecord()).toMatchObject({
      kind: 'host',
      diagnostics: [
        { what: 'tgtd does not run on the target host san1.', expected: `its management socket ${socket}` },
      ],
    });
  }
});

it('Ctrl-C ends what runs on a host by ssh, and leaves no lock there', async () => {
  await using rig = await hostRig(() => ({
    dhcp: { kind: 'isc-dhcpd', subnet: '192.0.2.0', netmask: '255.255.255.0' },
    reload: ['sleep', '98767'],
  }));
  await using sshd = await startSshd(rig.ports);
  const stop = new AbortController();
  const ports = createPorts({ emit: () => undefined, signal: stop.signal });
  const facts = { ...rig.facts, transport: { kind: 'ssh' as const, destination: sshd.destination } };
  const work = async () => {
    await using host = await openHost(facts, ports, sshd.environment);
    await applyChange(host, { kind: 'add', client: clientFacts(1) }, rig.options, ports);
  };
  const ended = work().then(
    () => undefined,
    (error: unknown) => error as Failure,
  );
  while (!(await commandLines()).includes('sleep 98767')) await delay(10);
  const stopped = performance.now();
  stop.abort();
  const failure = await ended;
  expect(performance.now() - stopped).toBeLessThan(2000);
  expect(failure?.toRecord()).toMatchObject({
    kind: 'interrupted',
    diagnostics: [
      { hint: 'Mend what is told below, then run: npx lunsmith repair --on san1' },
      { what: 'Interrupted: could not let the DHCP server of san1 read its file again.' },
    ],
  });
  await untilGone('sleep 98767');
  await repair(openDirectory({ ...rig.facts, reload: ['true'] }, rig.ports), rig.options, rig.ports);
  expect(await needsRepair(rig.host)).toBe(false);
});

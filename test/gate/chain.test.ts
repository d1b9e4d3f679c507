import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Cell } from '../../artifacts/platform/platform.js';
import type { Event } from '../../base/event.js';
import { watchChain } from '../../gate/chain.js';
import { openEvidence } from '../../gate/evidence.js';
import { createRedactor } from '../../gate/redact.js';
import { ports, type TestFolder, testFolder } from '../artifacts/formats/tools.js';
import { CONSOLE } from '../util/manifest.js';

const SECRET = 'canary-5e7a11ce';
const REFUSED = 'Could not open SAN device: Operation not permitted (http://ipxe.org/410d613c)';

async function setUp(folder: TestFolder, secret: Cell['secret'] = 'right') {
  const events: Event[] = [];
  const controller = new AbortController();
  const redactor = createRedactor([SECRET]);
  const evidence = await openEvidence(folder.at('evidence'), redactor);
  const chain = watchChain({
    cell: { firmware: 'bios', path: 'san', secret },
    starts: 'linux',
    console: CONSOLE,
    ports: { ...ports, emit: (event) => events.push(event), signal: controller.signal },
    evidence,
    redactor,
  });
  return { chain, events, evidence, controller };
}

it('reads milestones from every log, and keeps secrets out of events and evidence', async () => {
  await using folder = await testFolder();
  const { chain, events, evidence } = await setUp(folder);
  chain.progress.begin();
  chain.dnsmasqLine('dnsmasq-dhcp[9]: 1 DHCPACK(gate0) 10.77.0.10 52:54:00:12:34:56');
  chain.consoleLine('SAN boot, attempt 1');
  chain.consoleLine(`password=${SECRET}`);
  await evidence[Symbol.asyncDispose]();
  expect(events).toEqual([
    { type: 'milestone', task: 'bios-san', milestone: 'power-on', boot: 1 },
    { type: 'milestone', task: 'bios-san', milestone: 'dhcp', boot: 1 },
    { type: 'output', task: 'bios-san', tool: 'console', stream: 'stdout', line: 'SAN boot, attempt 1' },
    { type: 'milestone', task: 'bios-san', milestone: 'ipxe', boot: 1 },
    { type: 'output', task: 'bios-san', tool: 'console', stream: 'stdout', line: 'password=********' },
  ]);
  const log = await readFile(folder.at('evidence/console.log'), 'utf8');
  expect(log).toMatch(/^ +0\.\d\d {2}SAN boot, attempt 1\n +0\.\d\d {2}password=\*{8}\n$/);
  expect(await readFile(folder.at('evidence/dnsmasq.log'), 'utf8')).toContain('DHCPACK(gate0)');
});

it('ends a boot that cannot go on, with the line that says so', async () => {
  await using folder = await testFolder();
  const { chain, evidence } = await setUp(folder);
  chain.consoleLine(REFUSED);
  expect(chain.signal.reason).toMatchObject({
    name: 'Broken',
    message: `iPXE was refused by the target: ${REFUSED}`,
    symptom: { kind: 'san-refused', line: REFUSED },
  });
  await evidence[Symbol.asyncDispose]();
});

it.each([
  '[ TIME ] Timed out waiting for device dev-ttyS0.device - /dev/ttyS0.',
  '[ TIME ] Timed out starting systemd-logind.service - User Login Management.',
])('keeps for the boot in which systemd says it: %s', async (line) => {
  await using folder = await testFolder();
  const { chain, evidence } = await setUp(folder);
  chain.progress.begin();
  chain.consoleLine('[  OK  ] Started sshd.service - OpenSSH Daemon.');
  expect(chain.ranOut).toBeUndefined();
  chain.consoleLine(` ${line}`);
  chain.consoleLine('[ TIME ] Timed out waiting for device dev-other.device.');
  expect(chain.ranOut).toBe(line);
  expect(chain.signal.aborted).toBe(false);
  chain.progress.begin();
  expect(chain.ranOut).toBeUndefined();
  await evidence[Symbol.asyncDispose]();
});

it('decides nothing when the server of the gate cannot read what it shall serve', async () => {
  await using folder = await testFolder();
  const { chain, evidence } = await setUp(folder);
  // iPXE asks for files that need not be there.
  chain.dnsmasqLine('dnsmasq-tftp[9]: file /run/gate/tftp/autoexec.ipxe not found for 10.77.0.10');
  expect(chain.signal.aborted).toBe(false);
  const line = 'dnsmasq-tftp[9]: cannot access /run/gate/tftp/client.ipxe: Permission denied';
  chain.dnsmasqLine(line);
  expect(chain.signal.reason).toMatchObject({
    name: 'Undecided',
    message: `the gate’s own TFTP server failed: ${line}`,
  });
  await evidence[Symbol.asyncDispose]();
});

it('lets a refusal that is wanted pass, and goes on to its end', async () => {
  await using folder = await testFolder();
  const { chain, evidence } = await setUp(folder, 'wrong');
  chain.consoleLine(REFUSED);
  expect(chain.signal.aborted).toBe(false);
  expect(chain.tolerated).toEqual([{ kind: 'san-refused', line: REFUSED }]);
  chain.consoleLine('SAN boot failed, giving up');
  expect(chain.signal.reason).toMatchObject({ symptom: { kind: 'san-failed' } });
  await evidence[Symbol.asyncDispose]();
});

it('knows a prompt without a line end, and takes no half line for more', async () => {
  await using folder = await testFolder();
  const { chain, evidence } = await setUp(folder);
  chain.consolePartial('Kernel panic - not sync');
  chain.consolePartial('Kernel panic - not syncing');
  expect(chain.signal.aborted).toBe(false);
  chain.consolePartial('(initramfs) ');
  expect(chain.signal.reason).toMatchObject({ symptom: { kind: 'initramfs-shell' } });
  await evidence[Symbol.asyncDispose]();
});

it('ends with the user’s signal', async () => {
  await using folder = await testFolder();
  const { chain, controller, evidence } = await setUp(folder);
  controller.abort();
  expect(chain.signal.reason).toMatchObject({
    kind: 'interrupted',
    message: 'Interrupted: bios-san was not proven.',
  });
  await evidence[Symbol.asyncDispose]();
});

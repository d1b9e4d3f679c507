/** `doctor` and `explain` as commands, on a host that is a folder and that nothing was done to yet. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import { addDoctorCommand } from '../../cli/commands/doctor.js';
import { addExplainCommand } from '../../cli/commands/explain.js';
import { openSession } from '../../cli/session.js';
import { pipes } from './fake-terminal.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-doctor-'));
  await mkdir(join(folder, 'san1'));
});
afterEach(() => rm(folder, { recursive: true }));

async function site(kind: string): Promise<void> {
  const target = `target: { kind: ${kind}, prefix: iqn.2026-01.org.example:san1 }`;
  await writeFile(
    join(folder, 'lunsmith.yaml'),
    `hosts:
  san1: { connect: ./san1, address: 192.0.2.1, ${target} }
clients:
  web1: { mac: 52:54:00:00:00:01, channel: stable, secret: env:WEB1 }
`,
  );
}

async function lunsmith(...args: string[]): Promise<{ out: string; failure: Failure | undefined }> {
  const terminal = { ...pipes({ HOME: '/home/u' }), cwd: folder };
  const session = openSession(terminal, new AbortController().signal);
  const program = new Command().exitOverride();
  addDoctorCommand(program, session);
  addExplainCommand(program, session);
  const failure = await program.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (error: unknown) => Failure.from(error),
  );
  return { out: terminal.out(), failure };
}

const NOT_ADDED = () => [
  '  warning: The client web1 of the site is not on the host.',
  `    where:    ${folder}/san1/current/state.json`,
  '    expected: it among the clients there',
  '    found:    nothing',
  '    to do:    Run: npx lunsmith client add web1',
];

it('a warning is told, and is no failure', async () => {
  await site('tgt');
  const { out, failure } = await lunsmith('doctor');
  expect(failure).toBeUndefined();
  expect(out.split('\n')).toEqual(['san1  1 warning', ...NOT_ADDED(), '']);
});

it('an error is told before the warnings, and is a failure', async () => {
  await site('iet');
  const { out, failure } = await lunsmith('doctor', '--on', 'san1');
  const missing = (tool: string) => [
    `  error: The program ${tool} is missing.`,
    '    where:    san1',
    `    expected: ${tool} on the PATH of the user that connects`,
    '    found:    nothing',
    `    to do:    Install it there: in Debian \`apt-file search bin/${tool}\` tells its package.`,
  ];
  expect(out.split('\n')).toEqual([
    'san1  2 errors and 1 warning',
    ...missing('ietd'),
    ...missing('ietadm'),
    ...NOT_ADDED(),
    '',
  ]);
  expect(failure?.toRecord()).toEqual({
    kind: 'integrity',
    diagnostics: [
      {
        what: 'san1: 2 errors and 1 warning, told above.',
        hint: 'Do what each of them says, then run: npx lunsmith doctor --on san1',
      },
    ],
  });
});

it('as one document', async () => {
  await site('tgt');
  const { out } = await lunsmith('doctor', '--json');
  expect(JSON.parse(out)).toMatchObject([{ host: 'san1', findings: [{ level: 'warning', about: 'site' }] }]);
});

it('a host that cannot be examined is an error, and the others are examined', async () => {
  await site('tgt');
  await mkdir(join(folder, 'san1', 'current'));
  await writeFile(join(folder, 'san1', 'current', 'state.json'), '{}');
  const { out, failure } = await lunsmith('doctor');
  expect(out).toContain('  error: The state of san1 is damaged: Missing key `format`.\n');
  expect(out).toContain(`where:    ${folder}/san1/current/state.json on san1:1:1\n`);
  expect(failure?.kind).toBe('integrity');
});

it('a client that was not added is explained from the site alone', async () => {
  await site('tgt');
  const { out, failure } = await lunsmith('explain', 'web1');
  expect(failure).toBeUndefined();
  expect(out.split('\n').slice(0, 4)).toEqual([
    'web1, image main  boots from san1, told from the site alone',
    'note: web1 was not added to san1 yet, so words in capitals such as GENERATION and DIGEST stand for what is not known. Run: npx lunsmith client add web1',
    '',
    '1. Power-on: the firmware asks by DHCP what to boot',
  ]);
  expect(
    (JSON.parse((await lunsmith('explain', 'web1', '--json')).out) as { links: unknown[] }).links,
  ).toHaveLength(11);
});

it('an image or a client that there is not', async () => {
  await site('tgt');
  expect((await lunsmith('explain', 'web1', '--image', 'mian')).failure?.diagnostics).toEqual([
    { what: 'The client web1 has no image mian.', hint: 'Did you mean `main`?' },
  ]);
  expect((await lunsmith('explain', 'web2')).failure?.diagnostics).toEqual([
    { what: 'The site has no client `web2`.', hint: 'Did you mean `web1`?' },
  ]);
});

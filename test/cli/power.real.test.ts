/** `client power`: the site's own commands, for each of the machines. */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type TestFolder, testFolder } from '../artifacts/formats/tools.js';
import { hostCalls } from './host-calls.js';

const CANARY = 'canary-7-19bd';
let folder: TestFolder;
const { events, failure } = hostCalls(() => ({
  home: folder.path,
  socket: '',
  port: 0,
  release: () => Promise.reject(new Error('none')),
  site: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}));

/** A program in the place of wakeonlan or ipmitool: it keeps what it was called with. */
const TOOL = `#!/bin/sh
printf '%s\\n' "$@" >"$(dirname "$0")/called/$1"
env >"$(dirname "$0")/called/$1.env"
[ "$1" != web2 ] || { echo 'no such BMC' >&2; exit 3; }
`;

beforeEach(async () => {
  folder = await testFolder();
  await mkdir(folder.at('called'));
  await writeFile(folder.at('tool'), TOOL);
  await chmod(folder.at('tool'), 0o755);
  await writeFile(folder.at('ipmi'), `${CANARY}\n`, { mode: 0o600 });
  await site(`    wake: [${folder.at('tool')}, '{name}', '{mac}', 'bmc of {name} $HOME']`);
});
afterEach(() => folder[Symbol.asyncDispose]());

async function site(actions: string): Promise<void> {
  const client = (number: number, more = `mac: '52:54:00:00:00:0${number}'`) =>
    `  web${number}: { ${more}, channel: stable, secret: env:CHAP }\n`;
  await writeFile(
    folder.at('lunsmith.yaml'),
    `hosts:\n  lab: { connect: ./lab, address: 192.0.2.10 }\nclients:\n${client(1)}${client(2)}${client(3)}${client(4, 'serial: S4')}` +
      `power:\n  actions:\n${actions}\n  environment: { IPMI_PASSWORD: file:ipmi }\n`,
  );
}
const called = async () => (await readdir(folder.at('called'))).filter((name) => !name.includes('.')).sort();

it('runs the command of the action for each machine, words as they are', async () => {
  const told = await events(0, 'client', 'power', 'wake', 'web[1-1]', 'web3');
  expect(await called()).toEqual(['web1', 'web3']);
  expect(await readFile(folder.at('called/web3'), 'utf8')).toBe(
    'web3\n52:54:00:00:00:03\nbmc of web3 $HOME\n',
  );
  expect(told.map(({ type }) => type)).toEqual([
    'started',
    'task-started',
    'task-started',
    'task-finished',
    'task-finished',
  ]);
});

it('gives it the variables of the site, and nothing of the caller', async () => {
  vi.stubEnv('GITHUB_TOKEN', 'mine');
  await events(0, 'client', 'power', 'wake', 'web1');
  vi.unstubAllEnvs();
  const lines = (await readFile(folder.at('called/web1.env'), 'utf8')).split('\n');
  expect(lines).toContain(`IPMI_PASSWORD=${CANARY}`);
  expect(lines.join()).not.toContain('GITHUB_TOKEN');
  expect(await readFile(folder.at('called/web1'), 'utf8')).not.toContain(CANARY);
});

it('says once that a program is missing', async () => {
  await site("    wake: [no-such-program, '{mac}']");
  const told = await failure(4, 'client', 'power', 'wake', 'web1', 'web2', 'web3');
  expect(told.kind).toBe('host');
  expect(told.what).toContain('no-such-program');
});

it('tries each, and names those whose command failed', async () => {
  const told = await failure(5, 'client', 'power', 'wake', 'web1', 'web2', 'web3');
  expect(told.what).toMatch(/^web2: /);
  expect(await called()).toEqual(['web1', 'web2', 'web3']);
});

it.each([
  [
    'a machine that lacks what the command needs',
    ['wake', '--all'],
    /`\{mac\}`, and the client `web4` has none/,
  ],
  ['an action that the site has not', ['wak', 'web1'], /no command for `wak`/],
  ['a client that the site has not', ['wake', 'web9'], /no client `web9`/],
  ['nobody', ['wake'], /No client was named/],
])('is refused before anything was run: %s', async (_, args, what) => {
  expect((await failure(2, 'client', 'power', ...args)).what).toMatch(what);
  expect(await called()).toEqual([]);
});

it('is refused where its secret is not there', async () => {
  await writeFile(folder.at('ipmi'), '');
  expect((await failure(2, 'client', 'power', 'wake', 'web1')).what).toBe(
    'The secret `file:ipmi` is not there.',
  );
  expect(await called()).toEqual([]);
});

it('a site whose command has a place for nothing is refused at it', async () => {
  await site("    wake: [wakeonlan, '{max}']");
  const told = await failure(2, 'client', 'power', 'wake', 'web1');
  expect(told).toMatchObject({
    what: '`{max}` stands for nothing of a client.',
    place: { line: 10, column: 23 },
  });
});

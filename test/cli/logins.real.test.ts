/**
 * Target hosts reached by accounts as they are, over a real sshd: each through publish, promote, client add, status, doctor and rollback.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import type { Login, LoginCall, LoginStep, LoginsInside } from '../inside/logins.js';
import { hostHome } from './a-host.js';

const MIB = 2 ** 20;
const DAY = 86_400;
const [USER, SUDOER] = [1500, 1501];

const LOGINS: readonly Login[] = [
  {
    name: 'fish',
    uid: 0,
    shell: '/usr/bin/fish',
    files: { '.config/fish/config.fish': 'set -g fish_greeting Hello\n' },
  },
  {
    name: 'tcsh',
    uid: 0,
    shell: '/usr/bin/tcsh',
    files: { '.tcshrc': 'set prompt = "%n> "\nset noclobber\n' },
  },
  { name: 'dash', uid: 0, shell: '/usr/bin/dash' },
  { name: 'ash', uid: 0, shell: '/run/shells/ash' },
  {
    name: 'bash',
    uid: 0,
    shell: '/usr/bin/bash',
    files: { '.bashrc': 'set -o noclobber\nalias cat="cat -n" ls="ls --color"\n' },
  },
  { name: 'clock', uid: 0, shell: '/usr/bin/dash', clock: true },
  { name: 'greeter', uid: 0, shell: '/usr/bin/bash', files: { '.bashrc': 'echo Welcome to $HOSTNAME\n' } },
  { name: 'user', uid: USER, shell: '/usr/bin/bash' },
  { name: 'sudoer', uid: SUDOER, shell: '/usr/bin/fish', sudoers: 'sudoer ALL=(root) NOPASSWD: ALL' },
];
/** Hosts, by the account that reaches each; those of an ordinary user have no target that its daemon has to be asked for. */
const ALL = ['fish', 'tcsh', 'dash', 'ash', 'bash', 'clock', 'greeter', 'user', 'sudoer', 'closed', 'shut'];
const HOSTS: Readonly<Record<string, string>> = {
  user: 'target: { kind: none, portal: 127.0.0.1 }',
  sudoer: 'sudo: true, target: { kind: none, portal: 127.0.0.1 }',
  closed: 'connect: ssh://user, target: { kind: none, portal: 127.0.0.1 }',
  shut: 'connect: ssh://user, sudo: true, target: { kind: none, portal: 127.0.0.1 }',
};

const results = new Map<string, readonly LoginCall[]>();
let closeHome: () => PromiseLike<void> = () => Promise.resolve();

beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  vi.stubEnv('LUNSMITH_WORKSPACE', undefined);
  const host = await hostHome();
  closeHome = () => host[Symbol.asyncDispose]();
  await writeFile(join(host.home, 'chap'), 'canary-5-77ae\n', { mode: 0o600 });
  const [v1, v2] = [
    await host.release('v1', Buffer.alloc(MIB, 'v1')),
    await host.release('v2', Buffer.alloc(MIB, 'v2')),
  ];
  const lines = ALL.map((name) => {
    const more = HOSTS[name] ?? 'target: { kind: tgt }';
    const connect = more.includes('connect') ? '' : `connect: ssh://${name}, `;
    return `  ${name}: { ${connect}root: /srv/${name}, address: 127.0.0.1, gate: [], ${more} }\n`;
  });
  const clients = ALL.map(
    (name, at) =>
      `  ${name}1: { host: ${name}, mac: '52:54:00:00:01:${10 + at}', channel: stable, secret: 'file:chap'${HOSTS[name] === undefined ? '' : `, target: 'iqn.2026-01.org.example:${name}'`} }\n`,
  );
  await writeFile(
    join(host.home, 'lunsmith.yaml'),
    `hosts:\n${lines.join('')}channels: [stable]\nclients:\n${clients.join('')}`,
  );
  const steps = ALL.map((name): LoginStep[] => {
    const on = (...args: string[]): LoginStep => ({ call: [...args, '--on', name] });
    const publish = (release: string): LoginStep => ({
      call: [
        'publish',
        release,
        '--to',
        name,
        '--workspace',
        join(host.home, `workspace-${name}`),
        '--plain',
      ],
    });
    const wrong = (seconds: number): LoginStep[] =>
      name === 'clock' ? [{ clock: seconds, folder: '/srv/clock' }] : [];
    return [
      ...wrong(DAY),
      publish(v1),
      ...wrong(DAY),
      on('promote', 'debian-bookworm', 'stable', '--plain'),
      { call: ['client', 'add', `${name}1`, '--plain'] },
      on('status'),
      ...wrong(-DAY),
      publish(v2),
      on('promote', 'debian-bookworm', 'stable', '--plain'),
      on('rollback', 'stable', '--plain'),
      on('doctor'),
    ];
  });
  const roots = Object.fromEntries(ALL.map((name) => [`/srv/${name}`, name === 'user' ? USER : 0]));
  const payload: LoginsInside = { home: host.home, logins: LOGINS, roots, steps };
  const job = { module: 'test/inside/logins.js', payload, network: 'own' } as const;
  const all = (await enterSandbox(job, () => undefined, new AbortController().signal)) as LoginCall[][];
  for (const [at, calls] of all.entries()) results.set(ALL[at] ?? '', calls);
}, 600_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await closeHome();
});

const verbs = (calls: readonly LoginCall[]) => calls.map(({ call: [verb] }) => verb);
const of = (name: string) => results.get(name) ?? [];

it.each(['fish', 'tcsh', 'dash', 'ash', 'bash', 'clock', 'user', 'sudoer'])('%s does all of it', (name) => {
  const calls = of(name);
  expect(calls.map(({ call: [verb], code, err }) => ({ verb, code, err }))).toEqual(
    verbs(calls).map((verb) => ({ verb, code: 0, err: '' })),
  );
  expect(verbs(calls)).toHaveLength(8);
  const [, first, added, status, , second, back, doctor] = calls.map(({ out }) => out);
  expect(first).toMatch(/channel stable: nothing -> debian-bookworm@[0-9a-f]{12}\n/);
  expect(added).toContain(`client ${name}1: is new`);
  expect(status).toMatch(/stable +debian-bookworm@[0-9a-f]{12}/);
  const [, before, after] = /stable: (\S+) -> (\S+)/.exec(second ?? '') ?? [];
  expect(after).toMatch(/^debian-bookworm@/);
  expect(after).not.toBe(before);
  expect(second).toContain(
    `${after} is taken: of the 2 releases of debian-bookworm on ${name} it was published last.`,
  );
  expect(back).toContain(`channel stable: ${after} -> ${before}`);
  expect(doctor).toBe(`${name}  all agrees\n`);
});

it.each([
  [
    'greeter',
    6,
    'The account greeter prints before it does what it is told: nothing that it answers could be relied on.',
  ],
  ['shut', 4, 'user may not use sudo on shut without a password.'],
])('%s is told the same by every command, and what to do', (name, code, what) => {
  const calls = of(name);
  expect(verbs(calls)).toHaveLength(8);
  for (const each of calls) {
    const { call: args } = each;
    expect({ args, code: each.code }).toEqual({ args, code: args[0] === 'doctor' ? 9 : code });
    expect({ args, told: each.out + each.err }).toEqual({
      args,
      told: expect.stringContaining(what) as unknown,
    });
  }
});

it('an account that may not write is told so before anything else, and may look', () => {
  const calls = of('closed');
  expect(calls.map(({ call: [verb], code }) => `${verb} ${code}`)).toEqual([
    ...['publish 4', 'promote 2', 'client 4', 'status 0', 'publish 4', 'promote 2', 'rollback 4', 'doctor 9'],
  ]);
  for (const { call: args, code, out, err } of calls) {
    if (code === 2) continue;
    expect({ args, told: out + err }).toEqual({
      args,
      told: expect.stringContaining('user may not write in /srv/closed on closed.') as unknown,
    });
  }
});

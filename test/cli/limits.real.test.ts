/** What becomes of a target host whose disk is full to its last byte, or can only be read: each verb that would change it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Diagnostic } from '../../base/failure.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import type { LimitedCall, LimitedInside, LimitedStep } from '../inside/limited-host.js';
import { type HostHome, hostHome } from './a-host.js';

const MIB = 2 ** 20;
const LUN = 4 * MIB;
let host: HostHome;
const paths: Record<string, string> = {};
const digest = (version: string) => paths[version]?.split('/').at(-1) ?? '';
const name = (version: string) => `debian-bookworm@${digest(version).slice(0, 12)}`;

beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  vi.stubEnv('LUNSMITH_WORKSPACE', undefined);
  host = await hostHome();
  await writeFile(join(host.home, 'chap'), 'canary-5-77ae\n', { mode: 0o600 });
  for (const version of ['v1', 'v2', 'v3', 'v4'])
    paths[version] = await host.release(version, Buffer.alloc(LUN, version));
  const client = (number: number) =>
    `  web${number}: { mac: '52:54:00:00:00:0${number}', channel: stable, secret: 'file:chap' }\n`;
  const clients = [1, 2].map(client).join('');
  await host.site(`    gate: []\nchannels: [stable]\nclients:\n${clients}`);
  const text = (more: string) =>
    `hosts:\n  lab:\n    connect: ./disk/lab\n    address: 127.0.0.1\n    target: { kind: tgt, port: ${host.port} }\n    gate: []\nchannels: [stable]\nclients:\n${more}`;
  await writeFile(join(host.home, 'lunsmith.yaml'), text(clients));
  await writeFile(join(host.home, 'three.yaml'), text(clients + client(3)));
  await writeFile(join(host.home, 'one.yaml'), text(client(2)));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await host[Symbol.asyncDispose]();
});

const call = (...args: string[]): LimitedStep => ({ call: args });
const publish = (version: string) =>
  call('publish', paths[version] ?? '', '--workspace', join(host.home, 'ws'));
const remove = () => call('client', 'rm', 'web1', '--keep-entry', '--yes', '--purge');
const dry = (step: LimitedStep): LimitedStep => ('call' in step ? call(...step.call, '--dry-run') : step);

/** Each verb that would change the host and frees nothing. */
const changes = () => [
  call('promote', name('v3'), 'stable'),
  call('rollback', 'stable'),
  call('client', 'add', 'web3', '--site', 'three.yaml'),
  call('client', 'reset', 'web1', '--yes'),
  call('client', 'rotate', 'web1'),
  call('apply', '--site', 'three.yaml'),
];
/** Each that frees room. */
const removals = () => [remove(), call('release', 'prune', '--keep', '0'), call('release', 'rm', name('v3'))];

const FILL: LimitedStep = { disk: 'fill' };
const FREE: LimitedStep = { disk: 'free' };
const READ_ONLY: LimitedStep = { mount: 'read-only' };
const WRITABLE: LimitedStep = { mount: 'writable' };
const NO_RESERVE: LimitedStep = { remove: 'reserve' };

/** What is done to one host, part after part. */
const PARTS = {
  /** Two clients at v2, each with its clone of v1; v3 lies there and nothing needs it. */
  served: () => [
    publish('v1'),
    publish('v2'),
    publish('v3'),
    call('promote', name('v1'), 'stable'),
    call('client', 'add', 'web1', 'web2'),
    call('promote', name('v2'), 'stable'),
    call('doctor'),
  ],
  full: () => [
    FILL,
    ...[publish('v4'), call('doctor'), call('repair')],
    ...changes().flatMap((each) => [dry(each), each]),
    FREE,
    call('doctor'),
  ],
  readOnly: () => [
    READ_ONLY,
    ...[call('status'), call('doctor')],
    ...[...changes(), ...removals()].flatMap((each) => [dry(each), each]),
    ...[call('repair'), publish('v4')],
    WRITABLE,
    call('doctor'),
  ],
  freed: () => [
    ...[FILL, remove(), FREE],
    ...[FILL, call('release', 'prune', '--keep', '0'), FREE],
    publish('v3'),
    ...[FILL, call('release', 'rm', name('v3')), FREE],
    call('client', 'add', 'web1'),
    ...[FILL, call('apply', '--prune', '--purge', '--yes', '--site', 'one.yaml'), FREE],
    call('doctor', '--site', 'one.yaml'),
  ],
  withoutReserve: () => [
    ...[publish('v3'), call('client', 'add', 'web1')],
    ...[NO_RESERVE, FILL],
    ...[remove(), call('release', 'prune', '--keep', '0'), remove()],
    FREE,
    call('doctor', '--site', 'one.yaml'),
  ],
} satisfies Record<string, () => readonly LimitedStep[]>;
type Part = keyof typeof PARTS;
const parts = new Map<string, readonly LimitedCall[]>();
const of = (part: Part) => parts.get(part) ?? [];

beforeAll(async () => {
  const all = Object.entries(PARTS).map(([part, steps]) => [part, steps()] as const);
  const payload: LimitedInside = {
    ...{ home: host.home, bytes: 96 * MIB, port: host.port },
    steps: all.flatMap(([, steps]) => steps),
  };
  const job = { module: 'test/inside/limited-host.js', payload, network: 'own' } as const;
  const done = (await enterSandbox(
    job,
    () => undefined,
    new AbortController().signal,
  )) as (LimitedCall | null)[];
  const calls = done.filter((each) => each !== null);
  for (const [part, steps] of all)
    parts.set(part, calls.splice(0, steps.filter((step) => 'call' in step).length));
}, 180_000);

/** All that stood against it, as a refusal that has changed nothing. */
function refusal(refused: LimitedCall | undefined): { code: number | undefined } & Partial<Diagnostic> {
  const last = refused?.events.at(-1);
  expect({ changed: refused?.changed, type: last?.type }).toEqual({ changed: [], type: 'failed' });
  return { code: refused?.code, ...(last?.type === 'failed' ? last.failure.diagnostics[0] : {}) };
}

it('a disk with room: all of it is done', () => {
  for (const { code, err } of of('served')) expect({ code, err }).toEqual({ code: 0, err: '' });
});

it('at 0 bytes free nothing begins that needs room, dry or not, and what is served stays as it is', () => {
  const [published, doctor, repaired, ...refused] = of('full');
  expect(refusal(published)).toMatchObject({
    code: 8,
    what: expect.stringMatching(
      /^Could not .*: the file system of \S+\/disk\/lab on lab is full\.$/,
    ) as unknown,
    found: expect.stringContaining('No space left on device') as unknown,
    hint: expect.stringContaining('npx lunsmith release prune --keep 0 --on lab') as unknown,
  });
  expect([doctor?.code, repaired?.code]).toEqual([9, 0]);
  expect(repaired?.changed).toEqual([]);
  expect(refused.pop()).toMatchObject({ code: 0, err: '' });
  expect(refused).toHaveLength(12);
  for (const each of refused) {
    expect(refusal(each)).toMatchObject({
      code: 8,
      what: 'lab is full: nothing was changed there.',
      found: '0 bytes',
      hint: expect.stringContaining('npx lunsmith client rm CLIENT --yes --purge') as unknown,
    });
  }
});

it('on a disk that can only be read nothing is changed, dry or not, and doctor is not content', () => {
  const [status, doctor, ...refused] = of('readOnly');
  expect([status?.code, doctor?.code]).toEqual([0, 9]);
  expect(refused.pop()).toMatchObject({ code: 0 });
  expect(refused).toHaveLength(20);
  for (const each of refused) {
    expect(refusal(each)).toEqual({
      code: 4,
      what: expect.stringMatching(/^root may not write in \S+\/disk\/lab on lab\.$/) as unknown,
      expected: expect.stringContaining('an account that may write') as unknown,
      found: 'a file system that is mounted read-only',
      hint: expect.stringMatching(/^See there: findmnt --target \S+\/disk\/lab\./) as unknown,
    });
  }
});

it('at 0 bytes free what frees room is done: clients and releases go', () => {
  const [removed, pruned, published, one, added, applied, health] = of('freed');
  for (const each of [removed, pruned, one, applied]) {
    expect({ code: each?.code, last: each?.events.at(-1)?.type }).toEqual({ code: 0, last: 'changed' });
    expect(each?.free[0]).toBe(0);
    expect(each?.free[1]).toBeGreaterThanOrEqual(LUN);
  }
  for (const each of [removed, applied])
    expect(each?.changed).toContainEqual(expect.stringMatching(/^clients\/web1\/main\/\S+\.img /));
  expect([published?.code, added?.code, health?.code]).toEqual([0, 0, 0]);
});

it('without room that is kept, a client stays until a release has gone', () => {
  const [published, added, stays, pruned, goes, health] = of('withoutReserve');
  expect(refusal(stays)).toMatchObject({
    code: 8,
    hint: expect.stringContaining('npx lunsmith release prune --keep 0 --on lab') as unknown,
  });
  expect([published, added, pruned, goes, health].map((each) => each?.code)).toEqual([0, 0, 0, 0, 0]);
});

/** What requests for packages come to, by the host's apt against a small signed archive. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { Event } from '../../../../../base/event.js';
import { Failure } from '../../../../../base/failure.js';
import { type ResolvedLock, resolvePlan } from '../../../../../pipeline/plan/lock/resolve-plan.js';
import type { Preference } from '../../../../../pipeline/plan/package-set.js';
import type { Plan } from '../../../../../pipeline/plan/plan.js';
import { debian } from '../../../../../stages/distribution/debian/index.js';
import { stages } from '../../../../../stages/index.js';
import type { RigStep } from '../../../../inside/rig.js';
import { RIG_RECIPE } from '../../../../util/rig-recipe.js';
import { type SmallArchive, type SmallPackage, smallArchive } from '../../../../util/small-archive.js';

const BASE: readonly SmallPackage[] = [
  { name: 'libbase', fields: { Section: 'libs' } },
  { name: 'base', fields: { Essential: 'yes', Priority: 'required', Depends: 'libbase' } },
  { name: 'shown', fields: { Priority: 'optional' }, index: { Priority: 'required' } },
];
const MORE: readonly SmallPackage[] = [
  {
    name: 'server',
    version: '1:2-3',
    architecture: 'amd64',
    fields: { Depends: 'common (>= 1), helper | other', Recommends: 'extra' },
  },
  { name: 'common' },
  { name: 'helper', fields: { Depends: 'libbase' } },
  { name: 'other' },
  { name: 'extra' },
  { name: 'rival', fields: { Conflicts: 'helper' } },
];

let archive: SmallArchive;
let state: string;
beforeAll(async () => {
  archive = await smallArchive('testing');
});
afterAll(() => archive[Symbol.asyncDispose]());
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'lunsmith-resolve-'));
  await archive.publish([...BASE, ...MORE]);
  (archive.asked as string[]).length = 0;
  return () => rm(state, { recursive: true });
});

const bootstrap = (options: object = {}): RigStep => ({
  uses: 'debootstrap',
  with: { suite: 'testing', pockets: [], mirror: archive.url, keyring: archive.keyring, ...options },
});
const packages = (install: string[], options: object = {}): RigStep => ({
  uses: 'packages',
  with: { install, ...options },
});

function planOf(steps: readonly RigStep[]): Plan {
  const place = { file: 'rig', line: 1, column: 1 };
  return {
    recipe: { ...RIG_RECIPE, description: '', steps: [], hooks: {}, sources: [], digest: '' },
    facts: RIG_RECIPE,
    tools: [],
    steps: steps.flatMap(({ uses, with: options = {} }, index) => {
      const stage = stages.get(uses);
      if (stage === undefined) throw new Error(`no stage ${uses}`);
      const parsed: unknown = (stage.options as z.ZodType).parse(options);
      return [
        { id: `${index + 1}-${uses}`, stage, options: parsed, title: uses, place, distribution: debian },
      ];
    }),
  };
}

const events: Event[] = [];
async function resolve(
  steps: readonly RigStep[],
  prefer?: Preference,
  locked?: ResolvedLock['indexes'],
): Promise<ResolvedLock> {
  const ports = { emit: (event: Event) => void events.push(event), signal: new AbortController().signal };
  const more = { ...(prefer === undefined ? {} : { prefer }), ...(locked === undefined ? {} : { locked }) };
  return resolvePlan(planOf(steps), { mirror: undefined, state, ...more }, ports);
}

async function failureOf(steps: readonly RigStep[], locked?: ResolvedLock['indexes']): Promise<Failure> {
  const failure = await resolve(steps, undefined, locked).then(
    () => undefined,
    (error: unknown) => Failure.from(error),
  );
  if (failure === undefined) throw new Error('nothing failed');
  return failure;
}

/** `name version` of the packages of each step. */
function listed(lock: ResolvedLock): string[][] {
  return lock.steps.map((step) => step.packages.map(({ name, version }) => `${name} ${version}`));
}

describe('a base system and a step on top of it', () => {
  it('come to exact packages, those of earlier steps left out', async () => {
    const lock = await resolve([bootstrap(), packages(['server'])]);
    expect(listed(lock)).toEqual([
      ['base 1', 'libbase 1', 'shown 1'],
      ['common 1', 'helper 1', 'server 1:2-3'],
    ]);
    const server = lock.steps[1]?.packages[2];
    const path = 'pool/main/server_2-3_amd64.deb';
    expect(server).toEqual({
      name: 'server',
      version: '1:2-3',
      architecture: 'amd64',
      archive: 'main',
      bytes: archive.content(path)?.length,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      path,
      index: { Priority: 'optional', Section: 'misc' },
    });
    expect(lock.steps[0]?.packages[2]?.index).toEqual({ Priority: 'required', Section: 'misc' });
  });

  it('name the signed index and its date', async () => {
    await archive.publish(BASE, { date: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)) });
    const { indexes } = await resolve([bootstrap()]);
    expect(indexes).toEqual([
      {
        archive: 'main',
        suite: 'testing',
        date: '2026-01-02T03:04:05Z',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    ]);
  });

  it('tell why each package is there', async () => {
    const { reasons } = await resolve([bootstrap(), packages(['server'])]);
    expect(reasons).toEqual({
      libbase: 'dependency of base',
      common: 'dependency of server',
      helper: 'dependency of server',
    });
  });

  it('bring recommended packages when asked', async () => {
    const lock = await resolve([bootstrap(), packages(['server'], { recommends: true })]);
    expect(listed(lock)[1]).toContain('extra 1');
  });

  it('see what an earlier step removed as gone', async () => {
    const lock = await resolve([
      bootstrap(),
      packages(['helper']),
      packages(['rival'], { remove: ['helper'] }),
      packages(['server'], {}),
    ]);
    expect(listed(lock).slice(1)).toEqual([
      ['helper 1'],
      ['rival 1'],
      ['common 1', 'other 1', 'server 1:2-3'],
    ]);
  });
});

describe('another archive', () => {
  let vendor: SmallArchive;
  beforeAll(async () => {
    vendor = await smallArchive('stable');
  });
  afterAll(() => vendor[Symbol.asyncDispose]());
  const theirs = [
    { name: 'common', version: '9' },
    { name: 'tool', fields: { Depends: 'common' } },
  ];
  const from = (options: object = {}) =>
    bootstrap({
      repositories: [
        { name: 'vendor', url: vendor.url, suite: 'stable', keyring: vendor.keyring, ...options },
      ],
    });
  /** `archive name version` of the packages of the last step. */
  const placed = (lock: ResolvedLock) =>
    lock.steps.at(-1)?.packages.map(({ archive: from, name, version }) => `${from} ${name} ${version}`);

  it('is locked as Debian is, and the newest version wins', async () => {
    await vendor.publish(theirs);
    const lock = await resolve([from(), packages(['tool'])]);
    expect(placed(lock)).toEqual(['vendor common 9', 'vendor tool 1']);
    expect(lock.indexes.map(({ archive: name, suite }) => `${name} ${suite}`)).toEqual([
      'main testing',
      'vendor stable',
    ]);
  });

  it.each([
    ['tool', { priority: 100 }, ['main common 1', 'vendor tool 1']],
    ['tool', { priority: 100, packages: ['unknown'] }, ['vendor common 9', 'vendor tool 1']],
    ['common', { priority: 100 }, ['main common 1']],
    ['common/stable', { priority: 100 }, ['vendor common 9']],
    ['common=9', { priority: 100 }, ['vendor common 9']],
  ])('%s with the pin %j', async (wanted, pin, expected) => {
    await vendor.publish(theirs);
    expect(placed(await resolve([from({ pin }), packages([wanted])]))).toEqual(expected);
  });

  it('may have no suites', async () => {
    await vendor.publish(theirs, { flat: true });
    for (const suite of ['/', './']) {
      const lock = await resolve([from({ suite }), packages(['tool'])]);
      expect(placed(lock)).toEqual(['vendor common 9', 'vendor tool 1']);
      expect(lock.steps.at(-1)?.packages[0]?.path).toBe('pool/main/common_9_all.deb');
    }
  });

  it('is believed by its own keys alone', async () => {
    await vendor.publish(theirs);
    const failure = await failureOf([from({ keyring: archive.keyring })]);
    expect([failure.kind, failure.diagnostics[0]]).toEqual([
      'signature',
      expect.objectContaining({
        what: `Could not resolve the packages of testing: the release signature of ${vendor.url} cannot be trusted.`,
        expected: `an archive that is signed by a key of ${archive.keyring}`,
      }),
    ]);
  });
});

describe('the same again', () => {
  it('costs a question whether the index changed, and leaves nothing lying about', async () => {
    const first = await resolve([bootstrap(), packages(['server'])]);
    expect(archive.asked).toContain('/debian/dists/testing/main/binary-amd64/Packages');
    (archive.asked as string[]).length = 0;
    expect(await resolve([bootstrap(), packages(['server'])])).toEqual(first);
    expect(archive.asked).toEqual(['/debian/dists/testing/InRelease']);
    expect((await readdir(state)).sort()).toEqual(['lists', 'solutions', 'stanzas']);
  });

  it('by two at once has one answer', async () => {
    const steps = [bootstrap(), packages(['server'])];
    const [one, two] = await Promise.all([resolve(steps), resolve(steps)]);
    expect(one).toEqual(two);
  });

  it('sees a newer archive', async () => {
    await resolve([bootstrap(), packages(['common'])]);
    await archive.publish([...BASE, { name: 'common', version: '2' }]);
    expect(listed(await resolve([bootstrap(), packages(['common'])]))[1]).toEqual(['common 2']);
  });
});

describe('packages of an earlier lock', () => {
  const all = ({ steps, indexes }: ResolvedLock): Preference => ({
    packages: steps.flatMap((step) => step.packages),
    indexes,
  });

  it('are chosen again, even when the archive has only newer ones', async () => {
    const old = await resolve([bootstrap(), packages(['common'])]);
    await archive.publish([
      ...BASE.map((each) => ({ ...each, version: '2' })),
      { name: 'common', version: '2' },
      { name: 'extra' },
    ]);
    const lock = await resolve([bootstrap(), packages(['common', 'extra'])], all(old));
    expect(listed(lock)).toEqual([
      ['base 1', 'libbase 1', 'shown 1'],
      ['common 1', 'extra 1'],
    ]);
    expect(lock.steps[0]).toEqual(old.steps[0]);
    expect(lock.steps[1]?.packages[0]).toEqual(old.steps[1]?.packages[0]);
  });

  it('give way where a new request needs newer ones', async () => {
    const old = await resolve([bootstrap(), packages(['common'])]);
    await archive.publish([
      ...BASE,
      { name: 'common', version: '2' },
      { name: 'strict', fields: { Depends: 'common (>= 2)' } },
    ]);
    const lock = await resolve([bootstrap(), packages(['common', 'strict'])], all(old));
    expect(listed(lock)[1]).toEqual(['common 2', 'strict 1']);
  });
});

describe('an archive that cannot be trusted', () => {
  it('is not signed', async () => {
    await archive.publish(BASE, { signed: false });
    const failure = await failureOf([bootstrap()]);
    expect(failure.kind).toBe('signature');
    expect(failure.step).toBe('1-debootstrap');
    expect(failure.diagnostics).toEqual([
      {
        what: `Could not resolve the packages of testing: the release signature of ${archive.url} cannot be trusted.`,
        expected: `an archive that is signed by a key of ${archive.keyring}`,
        found: `The repository '${archive.url} testing Release' is not signed.`,
        hint:
          'Check that the mirror holds this distribution and that `keyring` names its keys. A proxy or log-in page that ' +
          'answers in the place of the mirror looks the same.',
      },
    ]);
  });

  it('is signed by a foreign key', async () => {
    const failure = await failureOf([bootstrap({ keyring: archive.otherKeyring })]);
    expect(failure.kind).toBe('signature');
    expect(failure.diagnostics[0].found).toContain('NO_PUBKEY');
  });

  it('is out of date', async () => {
    const past = (days: number) => new Date(Date.now() - days * 86_400_000);
    await archive.publish(BASE, { date: past(20), validUntil: past(10) });
    const failure = await failureOf([bootstrap()]);
    expect(failure.kind).toBe('signature');
    const { found, ...diagnostic } = failure.diagnostics[0];
    expect(found).toMatch(/^Release file for .* is expired \(invalid since 10d /);
    expect(diagnostic).toEqual({
      what: `Could not resolve the packages of testing: the release file of ${archive.url} is not valid at this time.`,
      expected: 'an index within its dates `Date` and `Valid-Until`',
      hint: 'The mirror is no longer updated, or the clock of this host is wrong. Choose another mirror with `--mirror URL`.',
    });
  });

  it('has an index that is not the signed one', async () => {
    archive.answer('dists/testing/main/binary-amd64/Packages', Buffer.from('Package: evil\n'));
    const failure = await failureOf([bootstrap()]);
    expect(failure.kind).toBe('network');
    expect(failure.diagnostics[0].what).toBe(
      `Could not resolve the packages of testing: ${archive.url} serves files that do not fit its index.`,
    );
  });
});

describe('a rightly signed index', () => {
  const day = (year: number, month: number, date: number) => new Date(Date.UTC(year, month - 1, date));

  it('of another suite is refused', async () => {
    await archive.publish(BASE, { names: { suite: 'stable', codename: 'bookworm' } });
    const failure = await failureOf([bootstrap()]);
    expect([failure.kind, failure.diagnostics]).toEqual([
      'signature',
      [
        {
          what: `Could not resolve the packages of testing: ${archive.url} answers with the index of another suite.`,
          expected: 'Suite or Codename testing',
          found: 'a rightly signed index of stable, bookworm',
          hint: 'Check the name of the suite; else somebody between this machine and the archive replaces its answers.',
        },
      ],
    ]);
  });

  it.each([
    ['its suite', { suite: 'testing', codename: 'trixie' }],
    ['its code name', { suite: 'stable', codename: 'testing' }],
    ['no name', {}],
  ])('is known by %s', async (_title, names) => {
    await archive.publish(BASE, { names });
    expect(listed(await resolve([bootstrap()]))).toHaveLength(1);
  });

  it('that is older than the lock’s is refused', async () => {
    await archive.publish(BASE, { date: day(2025, 3, 2) });
    const { indexes } = await resolve([bootstrap()]);
    await rm(state, { recursive: true });
    await archive.publish(BASE, { date: day(2025, 3, 1) });
    const failure = await failureOf([bootstrap()], indexes);
    expect(failure.kind).toBe('signature');
    expect(failure.diagnostics[0]).toMatchObject({
      what: `Could not resolve the packages of testing: ${archive.url} answers with an older index of testing than the lock was written with.`,
      expected: 'an index of 2025-03-02T00:00:00Z or later',
      found: 'a rightly signed index of 2025-03-01T00:00:00Z',
    });
    await archive.publish(BASE, { date: day(2025, 3, 2) });
    expect((await resolve([bootstrap()], undefined, indexes)).indexes[0]?.date).toBe(indexes[0]?.date);
  });

  it('of a snapshot had to be valid then, and not now', async () => {
    const snapshot = '20250101T000000Z';
    const then = { snapshot, date: day(2024, 12, 31), validUntil: day(2025, 1, 7) };
    await archive.publish([{ name: 'base', version: '0', fields: { Essential: 'yes' } }], then);
    const lock = await resolve([bootstrap({ snapshot: '2025-01-01' })]);
    expect(listed(lock)).toEqual([['base 0']]);
    expect(lock.indexes[0]?.date).toBe('2024-12-31T00:00:00Z');
    expect(archive.asked).toContain(`/debian/${snapshot}/dists/testing/InRelease`);
  });

  it.each([
    ['later', { date: day(2025, 1, 2) }, 'one of 2025-01-02T00:00:00Z'],
    [
      'no longer valid then',
      { date: day(2024, 11, 1), validUntil: day(2024, 11, 8) },
      'one that was valid until 2024-11-08T00:00:00Z',
    ],
  ])('that is %s is none of the snapshot', async (_title, dates, found) => {
    await archive.publish(BASE, { snapshot: '20250101T120000Z', ...dates });
    const failure = await failureOf([bootstrap({ snapshot: '20250101T120000Z' })]);
    expect(failure.kind).toBe('signature');
    expect(failure.diagnostics[0]).toMatchObject({
      expected: 'an index that was valid at 2025-01-01T12:00:00Z',
      found,
    });
  });
});

describe('an archive that asks who one is', () => {
  const CANARY = 'canary-91c6e0a2';
  const auth = (url: string, password: string) => {
    process.env['RESOLVE_AUTH'] = `machine http://${new URL(url).host}/ login ci password ${password}`;
  };
  let closed: SmallArchive;
  beforeAll(async () => {
    closed = await smallArchive('testing', `ci:${CANARY}`);
    await closed.publish(BASE);
  });
  afterAll(async () => {
    delete process.env['RESOLVE_AUTH'];
    await closed[Symbol.asyncDispose]();
  });
  const there = (options: object = {}) =>
    bootstrap({ mirror: closed.url, keyring: closed.keyring, ...options });

  it('is told by reference, and nothing of it stays', async () => {
    auth(closed.url, CANARY);
    const lock = await resolve([there({ auth: 'env:RESOLVE_AUTH' })]);
    expect(listed(lock)).toHaveLength(1);
    const { stdout } = await execa('grep', ['-rlaF', CANARY, state], { reject: false });
    expect(stdout).toBe('');
    expect(JSON.stringify([lock, events])).not.toContain(CANARY);
  });

  it.each([
    ['nothing', {}],
    ['something else', { auth: 'env:RESOLVE_AUTH' }],
  ])('and is told %s says so', async (_title, options) => {
    auth(closed.url, 'wrong');
    const failure = await failureOf([there(options)]);
    expect([failure.kind, failure.diagnostics[0].what]).toEqual([
      'network',
      `Could not resolve the packages of testing: ${closed.url} asks who you are.`,
    ]);
  });
});

describe('a request that cannot be fulfilled', () => {
  it('names what does not exist, and what does', async () => {
    const failure = await failureOf([bootstrap(), packages(['common', 'sevrer', 'nothing-like-it'])]);
    expect(failure.kind).toBe('recipe');
    expect(failure.step).toBe('2-packages');
    expect(failure.diagnostics).toEqual([
      { what: 'The archive has no package sevrer.', hint: 'Did you mean server?' },
      {
        what: 'The archive has no package nothing-like-it.',
        hint: 'It may be in another component, or in another archive: see `components` and `repositories` of the `debootstrap` step. Nothing is resolved from apt sources that a later step adds.',
      },
    ]);
  });

  it('would remove what was not named', async () => {
    const failure = await failureOf([bootstrap(), packages(['helper']), packages(['rival'])]);
    expect(failure.diagnostics).toEqual([
      {
        what: 'Installing these packages would remove others.',
        found: 'helper',
        hint: 'Put them into `remove`, or install something else.',
      },
    ]);
  });

  it('holds packages that exclude each other', async () => {
    const failure = await failureOf([bootstrap(), packages(['helper', 'rival'])]);
    expect(failure.kind).toBe('recipe');
    expect(failure.diagnostics).toEqual([
      {
        what: 'These packages cannot be installed together.',
        found: 'rival : Conflicts: helper but 1 is to be installed',
        hint: 'Leave one of them out, or ask for another version.',
      },
    ]);
  });

  it('stands on nothing', async () => {
    expect((await failureOf([packages(['common'])])).diagnostics).toEqual([
      {
        what: 'No step before this one says which archive packages come from.',
        hint: 'Begin the recipe with a `debootstrap` step.',
      },
    ]);
  });
});

describe('finalrd', () => {
  it.each([
    ['is brought when the archive has it', 'auto', true, ['finalrd 1']],
    ['is not missed when the archive lacks it', 'auto', false, []],
    ['is left out when it is not wanted', false, true, []],
  ])('%s', async (_, finalrd, has, expected) => {
    await archive.publish([...BASE, ...(has ? [{ name: 'finalrd' }] : [])]);
    const lock = await resolve([bootstrap(), { uses: 'iscsi-initiator', with: { finalrd } }]);
    expect(listed(lock)[1]).toEqual(expected);
  });
});

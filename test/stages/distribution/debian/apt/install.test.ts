/** What a step does in the root tree to come to exactly its packages; apt itself is played. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../../../../../base/failure.js';
import type { Argv } from '../../../../../base/ports.js';
import type { PooledPackage } from '../../../../../pipeline/plan/package-set.js';
import type { ChrootOptions, StageContext } from '../../../../../pipeline/stage.js';
import { installPooled, type Transaction } from '../../../../../stages/distribution/debian/apt/install.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-install-'));
  await mkdir(join(folder, 'rootfs/var/lib/dpkg'), { recursive: true });
  await mkdir(join(folder, 'scratch'));
  await setInstalled(['base 1']);
});
afterEach(() => rm(folder, { recursive: true }));

/** What dpkg knows to be there. */
async function setInstalled(packages: readonly string[]): Promise<void> {
  const stanzas = packages.map((each) => {
    const [name, version] = each.split(' ');
    return `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: ${version}\n`;
  });
  await writeFile(join(folder, 'rootfs/var/lib/dpkg/status'), stanzas.join('\n'));
}

async function pooled(name: string, version: string): Promise<PooledPackage> {
  const file = join(folder, name);
  await writeFile(file, name);
  await writeFile(`${file}.control`, `Package: ${name}\nVersion: ${version}\nArchitecture: all`);
  return { name, version, architecture: 'all', archive: 'main', bytes: 1, sha256: name, path: 'p', file };
}

interface Played {
  readonly calls: string[][];
  readonly folders: Set<string>;
}

/** Runs the transaction; each call of `apt-get install` leaves what the next of `outcomes` says. */
async function play(
  wanted: Partial<Transaction>,
  packages: readonly PooledPackage[],
  outcomes: readonly (readonly string[] | Failure)[],
): Promise<Played> {
  const calls: string[][] = [];
  const folders = new Set<string>();
  const left = [...outcomes];
  const chroot = async (argv: Argv, options: ChrootOptions) => {
    folders.add(JSON.stringify(options.folders));
    expect(options.network).toBeUndefined();
    const at = argv.findIndex((word) => ['update', 'install', 'auto'].includes(word));
    calls.push(at < 0 ? [...argv] : argv.slice(at));
    if (argv.includes('install')) {
      const outcome = left.shift();
      if (outcome instanceof Failure) throw outcome;
      await setInstalled(outcome ?? []);
    }
    return { stdout: '', stderr: '', exitCode: 0 };
  };
  const ctx = {
    rootfs: join(folder, 'rootfs'),
    scratch: join(folder, 'scratch'),
    recipe: { architecture: 'amd64' },
    epoch: 0,
    packages,
    chroot,
    progress: () => undefined,
    record: () => undefined,
    run: () => Promise.reject(new Error('no tool is needed')),
  } as unknown as StageContext<unknown>;
  await installPooled(ctx, { install: [], remove: [], recommends: false, ...wanted });
  return { calls, folders };
}

it('asks apt for what the recipe asks for, from the packages of the step alone', async () => {
  const packages = [await pooled('lib', '1'), await pooled('server', '1:2')];
  const { calls, folders } = await play({ install: ['server/testing'] }, packages, [
    ['base 1', 'lib 1', 'server 1:2'],
  ]);
  expect(calls).toEqual([
    ['mkdir', '-p', '/run/lunsmith/lists/partial'],
    ['update', '--error-on=any'],
    ['install', '--no-install-recommends', '--no-remove', '--', 'server'],
  ]);
  const archive = join(folder, 'scratch/packages');
  expect([...folders]).toEqual([JSON.stringify({ packages: archive })]);
  expect(await readFile(join(archive, 'sources.list'), 'utf8')).toBe(
    'deb [trusted=yes] file:/run/lunsmith/packages locked main\n',
  );
  const index = await readFile(join(archive, 'dists/locked/main/binary-amd64/Packages'), 'utf8');
  expect(index.split('\n').filter((line) => line.startsWith('Filename'))).toEqual([
    'Filename: pool/lib_1_all.deb',
    'Filename: pool/server_2_all.deb',
  ]);
});

it('brings what apt left out, marked as a dependency', async () => {
  const packages = [await pooled('lib', '1'), await pooled('server', '1')];
  const outcomes = [
    ['base 1', 'server 1'],
    ['base 1', 'lib 1', 'server 1'],
  ];
  const { calls } = await play({ install: ['server'] }, packages, outcomes);
  expect(calls.slice(3)).toEqual([
    ['mkdir', '-p', '/run/lunsmith/lists/partial'],
    ['update', '--error-on=any'],
    ['install', '--no-install-recommends', '--no-remove', '--', 'lib=1'],
    ['auto', 'lib'],
  ]);
});

it('fails when something else came', async () => {
  const packages = [await pooled('server', '1')];
  const work = play({ install: ['server'] }, packages, [['base 2', 'server 1']]);
  const failure = await work.then(() => undefined, Failure.from);
  expect(failure?.kind).toBe('integrity');
  expect(failure?.diagnostics[0].found).toBe('base (all) is installed in version 2 instead of 1');
});

it('says what the lock does not hold', async () => {
  const lastLines = ['E: Unable to locate package extra'];
  const refusal = new Failure('tool', { what: 'x' }, { command: { argv: ['apt-get'], lastLines } });
  const failure = await play({ install: ['extra'] }, [], [refusal]).then(() => undefined, Failure.from);
  expect(failure?.kind).toBe('integrity');
  expect(failure?.diagnostics).toEqual([
    {
      what: 'The lock does not hold the package extra.',
      hint: 'Run `npx lunsmith lock RECIPE`. Packages of apt sources that a step adds to the root tree are not resolved.',
    },
  ]);
});

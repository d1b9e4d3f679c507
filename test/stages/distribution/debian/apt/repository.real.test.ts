/** The archive of a step, made of real package files and read by apt's own eyes. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPorts } from '../../../../../base/command.js';
import { Failure } from '../../../../../base/failure.js';
import type { PooledPackage } from '../../../../../pipeline/plan/package-set.js';
import { aptConfig } from '../../../../../stages/distribution/debian/apt/config.js';
import {
  repositorySource,
  writeRepository,
} from '../../../../../stages/distribution/debian/apt/repository.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-repository-'));
});
afterEach(() => rm(folder, { recursive: true }));

const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });

async function deb(name: string, version: string): Promise<PooledPackage> {
  const tree = join(folder, 'tree');
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: x <x@example.org>\nPriority: optional\nDescription: x\n`;
  await writeFile(join(tree, 'DEBIAN/control'), control);
  const file = join(folder, `pooled-${name}`);
  await execa('dpkg-deb', ['--root-owner-group', '--build', tree, file]);
  const { size } = await stat(file);
  const { stdout } = await execa('sha256sum', [file]);
  const sha256 = stdout.slice(0, 64);
  const index = { Priority: 'required' };
  return { name, version, architecture: 'all', archive: 'main', bytes: size, sha256, path: 'p', index, file };
}

async function write(packages: readonly PooledPackage[]) {
  const at = join(folder, 'an archive');
  await rm(at, { recursive: true, force: true });
  return writeRepository(packages, { folder: at, suite: 'testing', architecture: 'amd64' }, ports);
}

it('apt finds the packages in it, as their index describes them', async () => {
  const packages = [await deb('aa', '1:2+b1'), await deb('bb', '3~x')];
  const archive = await write(packages);
  const work = join(folder, 'apt');
  await mkdir(join(work, 'lists/partial'), { recursive: true });
  await mkdir(join(work, 'archives/partial'), { recursive: true });
  await writeFile(join(work, 'sources.list'), repositorySource('copy', archive.folder, archive.suite));
  await writeFile(join(work, 'status'), '');
  const places = {
    sources: join(work, 'sources.list'),
    lists: join(work, 'lists'),
    status: join(work, 'status'),
  };
  await writeFile(join(work, 'apt.conf'), aptConfig({ architecture: 'amd64', ...places, work, cache: '' }));
  const env = { APT_CONFIG: join(work, 'apt.conf') };
  await execa('apt-get', ['update', '--error-on=any'], { env });
  const { stdout } = await execa('apt-cache', ['show', 'aa', 'bb'], { env });
  expect(
    stdout.split('\n').filter((line) => /^(Package|Version|Priority|SHA256|Filename)/.test(line)),
  ).toEqual(
    packages.flatMap(({ name, version, sha256 }) => [
      `Package: ${name}`,
      `Version: ${version}`,
      'Priority: required',
      `Filename: pool/${name}_${version.replace('1:', '')}_all.deb`,
      `SHA256: ${sha256}`,
    ]),
  );
  await execa('apt-get', ['--yes', '--download-only', 'install', 'aa', 'bb'], { env });
  expect(await readFile(join(work, 'archives/aa_1%3a2+b1_all.deb'))).toEqual(
    await readFile(packages[0]?.file ?? ''),
  );
});

it('shares the files of the pool, and reads their control data once', async () => {
  const packages = [await deb('aa', '1')];
  const { folder: at } = await write(packages);
  const [own, shared] = await Promise.all([
    stat(packages[0]?.file ?? ''),
    stat(join(at, 'pool/aa_1_all.deb')),
  ]);
  expect(shared.ino).toBe(own.ino);
  const index = join(at, 'dists/testing/main/binary-amd64/Packages');
  const first = await readFile(index, 'utf8');
  const none = { run: () => Promise.reject(new Error('no tool is needed')) };
  await rm(at, { recursive: true });
  await writeRepository(packages, { folder: at, suite: 'testing', architecture: 'amd64' }, none);
  expect(await readFile(index, 'utf8')).toBe(first);
});

it('takes no file for another package', async () => {
  const failure = await write([{ ...(await deb('aa', '1')), version: '2' }]).then(
    () => undefined,
    Failure.from,
  );
  expect(failure?.kind).toBe('integrity');
  expect(failure?.diagnostics).toEqual([
    {
      what: 'The package file of aa is another package than the lock says.',
      expected: 'aa 2 (all)',
      found: 'Package: aa, Version: 1, Architecture: all',
      hint: 'Run `npx lunsmith lock RECIPE --update`.',
    },
  ]);
});

import { expect, it } from 'vitest';
import { compareManifests } from '../../../../artifacts/release/compare/bits-manifest.js';
import {
  compareDisks,
  compareKernels,
  compareOrigins,
  comparePackages,
} from '../../../../artifacts/release/compare/manifests.js';
import type { Manifest } from '../../../../artifacts/release/manifest.js';
import { ARTIFACTS, smallManifest, withoutLinux } from '../../../util/manifest.js';

const root: Manifest['disk']['partitions'][number] = {
  ...{ number: 1, name: 'root', type: '83', guid: '1a2b3c4d-01', firstLba: 2048, sectors: 8192, grow: false },
  ...{ filesystem: 'ext4', filesystemUuid: 'u-1', mount: '/' },
};
const MANIFEST = smallManifest({
  recipe: { name: 'tiny', sha256: '0'.repeat(64) },
  kernel: { version: '6.1', commandLine: 'quiet' },
  disk: { table: 'mbr', bytes: 8 * 2 ** 20, guid: '1a2b3c4d', partitions: [root] },
  tools: { mtools: '4', sfdisk: '2.38' },
});
const library = (architecture: string, version: string) => ({ name: 'libc6', version, architecture });

it('tells packages of two architectures apart', () => {
  const old = [
    library('amd64', '2.36'),
    library('i386', '2.36'),
    { ...library('all', '1'), name: 'libc6-doc' },
  ];
  const now = [library('amd64', '2.37'), library('i386', '2.36'), library('arm64', '2.37')];
  expect(comparePackages({ ...MANIFEST, packages: old }, { ...MANIFEST, packages: now })).toEqual({
    added: [library('arm64', '2.37')],
    removed: [{ name: 'libc6-doc', version: '1', architecture: 'all' }],
    changed: [{ name: 'libc6', architecture: 'amd64', old: '2.36', new: '2.37' }],
  });
});

it('tells where a release comes from', () => {
  const now: Manifest = {
    ...MANIFEST,
    recipe: { name: 'tiny', version: '1.0.0', sha256: '0'.repeat(64) },
    kernel: { version: '6.2', commandLine: 'quiet' },
    tools: { sfdisk: '2.39', zstd: '1.5' },
  };
  expect(compareOrigins(MANIFEST, now)).toEqual([
    { what: 'version of the recipe', new: '1.0.0' },
    { what: 'tool mtools', old: '4' },
    { what: 'tool sfdisk', old: '2.38', new: '2.39' },
    { what: 'tool zstd', new: '1.5' },
  ]);
  expect(compareKernels(MANIFEST, now)).toEqual([{ what: 'kernel version', old: '6.1', new: '6.2' }]);
});

it('tells what became of the disk', () => {
  const swap = { number: 2, name: 'swap', type: '82', guid: '1a2b3c4d-02', firstLba: 10_240, sectors: 4096 };
  const disk: Manifest['disk'] = {
    ...{ table: 'mbr', bytes: 16 * 2 ** 20, guid: '1a2b3c4e' },
    partitions: [
      { ...root, sectors: 16_384, filesystemUuid: 'u-2', grow: true },
      { ...swap, filesystem: 'swap', grow: false },
    ],
  };
  expect(compareDisks(MANIFEST, { ...MANIFEST, disk })).toEqual([
    { what: 'size', old: '8 MiB', new: '16 MiB' },
    { what: 'disk signature', old: '1a2b3c4d', new: '1a2b3c4e' },
    { what: 'size of partition root', old: '4 MiB', new: '8 MiB' },
    { what: 'UUID of partition root', old: 'u-1', new: 'u-2' },
    { what: 'grow of partition root', old: 'false', new: 'true' },
    { what: 'partition swap', new: 'number 2, 2 MiB, swap' },
  ]);
});

it('names each value of a manifest that differs, but not the digests of files', () => {
  const now = { ...MANIFEST, artifacts: ARTIFACTS, packages: [library('amd64', '1')], epoch: 2 };
  expect(compareManifests(MANIFEST, now)).toEqual([
    { file: 'manifest.json', part: 'epoch', expected: '1', found: '2' },
    {
      ...{ file: 'manifest.json', part: 'packages[0]', expected: 'nothing' },
      found: '{"name":"libc6","version":"1","architecture":"amd64"}',
    },
  ]);
});

it('tells of a release without Linux that it has none', () => {
  const bare = withoutLinux({ ...MANIFEST, packages: [library('amd64', '2.36')] });
  expect(comparePackages(MANIFEST, bare)).toEqual({ added: [], removed: [], changed: [] });
  expect(compareOrigins(MANIFEST, bare)).toEqual([{ what: 'distribution', old: 'debian 12' }]);
  expect(compareKernels(MANIFEST, bare)).toEqual([
    { what: 'kernel version', old: '6.1' },
    { what: 'command line', old: 'quiet' },
  ]);
  expect(compareKernels(bare, bare)).toEqual([]);
});

import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../artifacts/release/manifest.js';
import type { Proof } from '../../../artifacts/release/proof.js';
import {
  commitRelease,
  digestFiles,
  readRelease,
  verifyRelease,
  writeProof,
} from '../../../artifacts/release/release.js';
import { createPorts } from '../../../base/command.js';
import { canonicalJson, sha256OfText } from '../../../base/digest.js';
import { Failure } from '../../../base/failure.js';
import { smallManifest, withRoles } from '../../util/manifest.js';

const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-release-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function stage(text = 'disk'): Promise<{ staging: string; manifest: Manifest }> {
  const staging = join(folder, `staging-${text}`);
  await mkdir(join(staging, 'boot'), { recursive: true });
  await writeFile(join(staging, 'disk.img'), text);
  await writeFile(join(staging, 'boot', 'x.ipxe'), '#!ipxe\n');
  const manifest = smallManifest({
    recipe: { name: 'r', sha256: '0'.repeat(64) },
    artifacts: withRoles(await digestFiles(staging)),
  });
  return { staging, manifest };
}

async function commit(text?: string) {
  const { staging, manifest } = await stage(text);
  return commitRelease(staging, join(folder, 'out'), manifest, ports);
}

const proof = (release: string): Proof => ({
  format: 'lunsmith-proof/1',
  release,
  cell: { firmware: 'bios', path: 'san', secret: 'wrong' },
  passed: true,
  at: '2026-01-01T00:00:00Z',
  accelerator: 'tcg',
  network: 'tap',
  seconds: 1,
  milestones: [],
  checks: [],
  tools: {},
});

it('appears under its digest, with `latest` pointing at it', async () => {
  const { path, digest } = await commit();
  expect(sha256OfText(await readFile(join(path, 'manifest.json'), 'utf8'))).toBe(digest);
  expect(await readlink(join(folder, 'out', 'r', 'latest'))).toBe(`releases/${digest}`);
  const release = await readRelease(join(folder, 'out', 'r', 'latest'));
  expect(release).toMatchObject({ path, digest, proofs: [] });
  expect(release.manifest.artifacts.map((file) => file.path)).toEqual(['boot/x.ipxe', 'disk.img']);
  expect(await verifyRelease(release)).toEqual([]);
});

it('keeps an older release when a newer one appears, and is unchanged by the same one', async () => {
  const first = await commit('one');
  const second = await commit('two');
  expect(await readlink(join(folder, 'out', 'r', 'latest'))).toBe(`releases/${second.digest}`);
  expect(await commit('one')).toEqual(first);
  expect(await verifyRelease(await readRelease(first.path))).toEqual([]);
});

it('appears beside others, and the same one, at the same moment', async () => {
  const texts = ['a', 'b', 'c', 'same'];
  const staged = await Promise.all(texts.map(stage));
  const twin = { ...staged[3], staging: `${staged[3]?.staging}-twin` } as (typeof staged)[number];
  await cp(staged[3]?.staging ?? '', twin.staging, { recursive: true });
  const commits = [...staged, twin].map(({ staging, manifest }) =>
    commitRelease(staging, join(folder, 'out'), manifest, ports),
  );
  const digests = (await Promise.all(commits)).map(({ digest }) => digest);
  expect(digests[4]).toBe(digests[3]);
  expect(new Set(digests).size).toBe(4);
  const home = join(folder, 'out', 'r');
  expect((await readdir(home)).sort()).toEqual(['latest', 'releases']);
  expect((await readdir(join(home, 'releases'))).sort()).toEqual([...new Set(digests)].sort());
  expect(digests).toContain((await readlink(join(home, 'latest'))).slice('releases/'.length));
});

it.each([
  [
    'a file cut short',
    (path: string) => truncate(join(path, 'disk.img'), 1),
    'disk.img: 1 bytes instead of 4',
  ],
  ['a file that is missing', (path: string) => rm(join(path, 'boot/x.ipxe')), 'boot/x.ipxe: missing'],
  ['no manifest', (path: string) => rm(join(path, 'manifest.json')), 'manifest.json: missing'],
  [
    'half a manifest',
    (path: string) => truncate(join(path, 'manifest.json'), 40),
    'manifest.json: its digest is not the release’s',
  ],
])('is not told of when the same one is there with %s', async (_name, damage, found) => {
  const { path } = await commit();
  await damage(path);
  const failure = await commit().then(() => undefined, Failure.from);
  expect([failure?.kind, failure?.diagnostics]).toEqual([
    'integrity',
    [
      {
        what: `The release ${path} is damaged, and a build does not replace it.`,
        expected: 'the files that its manifest describes',
        found,
        hint: 'Remove it, then run the same command again.',
      },
    ],
  ]);
  for (const each of [path, join(folder, 'staging-disk')]) await rm(each, { recursive: true });
  expect(await verifyRelease(await readRelease((await commit()).path))).toEqual([]);
});

it('keeps its digest when it is proven', async () => {
  const { path, digest } = await commit();
  await writeProof(path, { ...proof(digest), passed: false });
  await writeProof(path, proof(digest));
  const release = await readRelease(path);
  expect(release.digest).toBe(digest);
  expect(release.proofs).toEqual([proof(digest)]);
  expect(await verifyRelease(release)).toEqual([]);
});

describe('damage', () => {
  it('is found in every file', async () => {
    const { path } = await commit();
    await writeFile(join(path, 'disk.img'), 'DISK');
    await writeFile(join(path, 'extra'), '');
    await rm(join(path, 'boot', 'x.ipxe'));
    expect(await verifyRelease(await readRelease(path))).toEqual([
      'boot/x.ipxe: missing',
      'disk.img: its digest is not the manifest’s',
      'extra: not in the manifest',
    ]);
    await writeFile(join(path, 'disk.img'), 'longer than before');
    expect(await verifyRelease(await readRelease(path))).toContain('disk.img: 18 bytes instead of 4');
  });

  it.each([
    ['no folder', async () => undefined, 'usage', 'no such folder'],
    ['no manifest', (path: string) => mkdir(path), 'usage', 'no manifest.json'],
  ])('%s', async (_name, make, kind, found) => {
    const path = join(folder, 'none');
    await make(path);
    const failure = (await readRelease(path).catch((error: unknown) => error)) as Failure;
    expect(failure).toBeInstanceOf(Failure);
    expect([failure.kind, failure.diagnostics[0].found]).toEqual([kind, found]);
  });

  it('of the manifest itself', async () => {
    const { path } = await commit();
    await writeFile(join(path, 'manifest.json'), '{');
    const failure = (await readRelease(path).catch((error: unknown) => error)) as Failure;
    expect(failure.kind).toBe('integrity');
  });
});

it('canonical JSON does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const shuffled = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(shuffled)).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { seed: 1, numRuns: 200 },
  );
});

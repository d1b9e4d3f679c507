import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commitRelease, digestFiles, readRelease } from '../../artifacts/release/release.js';
import { canonicalJson } from '../../base/digest.js';
import type { Failure } from '../../base/failure.js';
import { listReleases, readReleaseThere } from '../../hosts/publish/releases-there.js';
import { publishRelease } from '../../hosts/publish.js';
import { hostRig, picture } from '../util/host-rig.js';
import { smallRelease } from '../util/hosts.js';
import { withRoles } from '../util/manifest.js';

it('the release that came last is the first of the list, also when another gets proofs later', async () => {
  await using rig = await hostRig();
  const { v1, v2 } = rig.releases;
  const at = (digest: string) => join(rig.root, 'releases', digest);
  await utimes(join(at(v1.digest), 'manifest.json'), 1, 1);
  await mkdir(join(at(v1.digest), 'later'));
  await mkdir(join(rig.root, 'releases', 'something else'));
  expect(await listReleases(rig.host)).toEqual([v2.digest, v1.digest]);
  await rm(join(rig.root, 'releases'), { recursive: true });
  expect(await listReleases(rig.host)).toEqual([]);
  await mkdir(join(rig.root, 'releases'));
  expect(await listReleases(rig.host)).toEqual([]);
});

it('a release is sent whole, and a damaged one not at all', async () => {
  await using rig = await hostRig();
  const staging = join(rig.folder, 'staging');
  await mkdir(staging);
  const model = smallRelease('v3');
  await writeFile(join(staging, 'disk.img'), model.disk);
  const artifacts = withRoles(await digestFiles(staging, { run: rig.ports.run }));
  const manifest = { ...model.manifest, artifacts, boot: [] };
  const { path, digest } = await commitRelease(staging, join(rig.folder, 'out'), manifest, rig.ports);
  const options = { indexes: join(rig.folder, 'indexes'), lock: { words: 'a test' } };
  const release = await readRelease(path);
  const sent = await publishRelease(rig.host, release, options, rig.ports);
  expect(sent.already).toBe(false);
  expect((await readReleaseThere(rig.host, digest))?.manifest).toEqual(manifest);
  expect((await listReleases(rig.host))[0]).toBe(digest);
  expect((await listReleases(rig.host)).slice(1).sort()).toEqual(
    [rig.releases.v1.digest, rig.releases.v2.digest].sort(),
  );
  expect(await readFile(join(rig.root, 'releases', digest, 'manifest.json'), 'utf8')).toBe(
    canonicalJson(manifest),
  );
  expect((await publishRelease(rig.host, release, options, rig.ports)).already).toBe(true);
  const before = await picture(rig.root);
  await writeFile(join(path, 'disk.img'), 'damaged', { flag: 'r+' });
  const failure = await publishRelease(rig.host, release, options, rig.ports).then(
    () => undefined,
    (error: unknown) => error as Failure,
  );
  expect(failure?.toRecord()).toEqual({
    kind: 'integrity',
    diagnostics: [
      {
        what: `The release ${path} is damaged; it was not sent.`,
        expected: 'the files that its manifest names, and no others',
        found: 'disk.img: its digest is not the manifest’s',
        hint: 'Build it again.',
      },
    ],
  });
  // Without an index what makes one finds it.
  await rm(options.indexes, { recursive: true });
  await expect(publishRelease(rig.host, release, options, rig.ports)).rejects.toMatchObject({
    kind: 'integrity',
    message: `The release ${path} is damaged: disk.img is not what its manifest says.`,
  });
  expect(await picture(rig.root)).toEqual(before);
  expect(await readdir(join(rig.root, 'releases'))).toHaveLength(3);
});

import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Release } from '../../artifacts/release/release.js';
import { canonicalJson } from '../../base/digest.js';
import type { Failure } from '../../base/failure.js';
import { listReleases, readReleaseThere } from '../../hosts/publish/releases-there.js';
import { publishRelease } from '../../hosts/publish.js';
import { builtRelease, publishOptions } from '../util/built-release.js';
import { hostRig, picture } from '../util/host-rig.js';

describe('the order of publications', () => {
  it('is that in which they came, whatever clocks say, and one that is there is raised', async () => {
    await using rig = await hostRig();
    await rm(join(rig.root, 'releases'), { recursive: true });
    expect(await listReleases(rig.host)).toEqual([]);
    const [first, second] = [await builtRelease(rig, 'v3'), await builtRelease(rig, 'v4')];
    const publish = (release: Release) => publishRelease(rig.host, release, publishOptions(rig), rig.ports);
    // The clock of the host is a day ahead, and then a day behind.
    const dated = async ({ digest }: Release, days: number) => {
      const at = Date.now() / 1000 + days * 86_400;
      const folder = join(rig.root, 'releases', digest);
      for (const path of [join(folder, 'manifest.json'), folder]) await utimes(path, at, at);
    };
    await publish(first);
    await dated(first, 1);
    await publish(second);
    await dated(second, -1);
    expect(await listReleases(rig.host)).toEqual([
      { digest: second.digest, serial: 2 },
      { digest: first.digest, serial: 1 },
    ]);
    expect((await publish(first)).already).toBe(true);
    expect(await listReleases(rig.host)).toEqual([
      { digest: first.digest, serial: 3 },
      { digest: second.digest, serial: 2 },
    ]);
    expect(await readFile(join(rig.root, 'publications'), 'utf8')).toBe(
      `lunsmith-publications/1\n2 ${second.digest}\n3 ${first.digest}\n`,
    );
  });

  it('does not wait for one that never came, and takes one that was cut off where it belongs', async () => {
    await using rig = await hostRig();
    const [third, fourth] = [await builtRelease(rig, 'v3'), await builtRelease(rig, 'v4')];
    await publishRelease(rig.host, third, publishOptions(rig), rig.ports);
    const { host } = rig;
    const dead: typeof host = {
      ...host,
      run: (argv, options) =>
        options.doing.startsWith('look at') ? Promise.reject(new Error('cut')) : host.run(argv, options),
    };
    await expect(publishRelease(dead, fourth, publishOptions(rig), rig.ports)).rejects.toThrow('cut');
    const [newest, ...others] = await listReleases(rig.host);
    expect(newest).toEqual({ digest: third.digest, serial: 1 });
    expect(others.map(({ serial }) => serial)).toEqual([undefined, undefined]);
  });

  it('is refused with its place when it cannot be read', async () => {
    await using rig = await hostRig();
    await writeFile(join(rig.root, 'publications'), 'lunsmith-publications/1\n1 abc\n');
    await expect(listReleases(rig.host)).rejects.toMatchObject({
      kind: 'integrity',
      diagnostics: [{ found: '`1 abc` in line 2' }],
    });
    await rm(join(rig.root, 'publications'));
    await mkdir(join(rig.root, 'releases', 'something else'));
    expect(await listReleases(rig.host)).toHaveLength(2);
  });
});

it('a release is sent whole, and a damaged one not at all', async () => {
  await using rig = await hostRig();
  const release = await builtRelease(rig, 'v3');
  const { path, digest, manifest } = release;
  const options = publishOptions(rig);
  const sent = await publishRelease(rig.host, release, options, rig.ports);
  expect(sent.already).toBe(false);
  expect((await readReleaseThere(rig.host, digest))?.manifest).toEqual(manifest);
  expect((await listReleases(rig.host)).map((each) => each.digest)).toEqual([
    digest,
    ...[rig.releases.v1.digest, rig.releases.v2.digest].sort(),
  ]);
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

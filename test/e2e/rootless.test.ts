/** An ordinary user with a subuid range gets the same as root; the proofs stand for the core of all cells. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, inject, it } from 'vitest';
import { cellName } from '../../artifacts/platform/platform.js';
import { readRelease } from '../../artifacts/release/release.js';
import { shippedRelease } from '../util/build.js';
import { CORE } from '../util/cells.js';
import { lunsmith } from '../util/cli.js';
import { fileList, partition, withRootFs } from '../util/image.js';
import { expectBooted, expectRefused } from '../util/proofs.js';
import { ordinaryUser, readableProject } from '../util/user.js';

let user: string;
let home: string;
let project: string;
beforeAll(async () => {
  user = await ordinaryUser();
  home = join(inject('shared'), 'rootless');
  await mkdir(home);
  // The test's own shared folder is private to root.
  await execa('chmod', ['a+x', inject('shared')]);
  project = await readableProject(user, home);
  await execa('chown', [user, home]);
});

it('builds the same root, file for file, without root', async () => {
  const result = await lunsmith(
    [
      'build',
      'recipes/debian-bookworm',
      '--output',
      join(home, 'out'),
      '--workspace',
      join(home, 'work'),
      '--json',
    ],
    { user, project, env: { HOME: home } },
  );
  expect(result.stderr).toBe('');
  expect(result.exitCode).toBe(0);
  const [mine, roots] = await Promise.all(
    [join(home, 'out', 'debian-bookworm', 'latest'), await shippedRelease('debian-bookworm')].map((path) =>
      readRelease(path),
    ),
  );
  if (mine === undefined || roots === undefined) throw new Error('unreachable');
  const lists = [];
  for (const release of [mine, roots]) {
    const root = partition(release.manifest, 'root');
    lists.push(await withRootFs(join(release.path, 'disk.img'), root, fileList));
  }
  expect(lists[0]).toEqual(lists[1]);
  expect(mine.manifest.packages).toEqual(roots.manifest.packages);
  // Another user, another checkout in another folder: the same bytes.
  expect(mine.digest).toBe(roots.digest);
  // A list without setuid programs and capabilities would mean that the comparison saw nothing.
  expect(lists[0]?.some((line) => line.startsWith('usr/bin/passwd|f|4755|0|0|'))).toBe(true);
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(home);
});

it('checks, inspects and proves without root', async () => {
  const path = join(home, 'out', 'debian-bookworm', 'latest');
  const options = { user, project, env: { HOME: home } };
  expect((await lunsmith(['check', join(project, 'recipes/debian-bookworm')], options)).exitCode).toBe(0);
  expect((await lunsmith(['inspect', path], options)).exitCode).toBe(0);
  const shell = [
    'shell',
    path,
    '--workspace',
    join(home, 'work'),
    '--',
    'stat',
    '-c',
    '%a %U',
    '/usr/bin/passwd',
  ];
  expect((await lunsmith(shell, options)).stdout).toBe('4755 root');
  const matrix = ['--firmware', 'bios', '--path', 'san'];
  const proven = await lunsmith(
    ['prove', path, ...matrix, '--workspace', join(home, 'work'), '--json'],
    options,
  );
  const last = proven.events.at(-1);
  expect(last?.type === 'failed' ? last.failure : undefined).toBeUndefined();
  expect(proven.exitCode).toBe(0);
  // No other test boots these cells.
  const proofs = new Map((await readRelease(path)).proofs.map((proof) => [cellName(proof.cell), proof]));
  expect([...proofs.keys()].sort()).toEqual(CORE.map(cellName).sort());
  expectBooted(proofs.get('bios-san'));
  expectRefused(proofs.get('bios-san-wrong-secret'));
});

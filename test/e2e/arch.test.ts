/** A release of Arch Linux, made of the miniature of the run: see test/util/arch/miniature.ts. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, inject, it } from 'vitest';
import { readRelease } from '../../artifacts/release/release.js';
import { miniature } from '../util/arch/miniature.js';
import { serveRepositories } from '../util/arch/server.js';
import { shippedRelease, writeArch } from '../util/build.js';
import { lunsmith } from '../util/cli.js';
import { ordinaryUser, readableProject } from '../util/user.js';

let home: string;
let release: string;
beforeAll(async () => {
  home = join(inject('shared'), 'arch-e2e');
  await mkdir(home);
  release = await shippedRelease('arch');
});

it('is the same, byte for byte, for an ordinary user in another folder', async () => {
  const user = await ordinaryUser();
  const own = join(home, 'user');
  await mkdir(own);
  await execa('chmod', ['a+x', inject('shared')]);
  const project = await readableProject(user, own);
  const recipe = await writeArch(own);
  await execa('chown', ['-R', user, own]);
  await using mirror = await serveRepositories((await miniature()).folder);
  const places = ['--output', join(own, 'out'), '--workspace', join(own, 'work'), '--mirror', mirror.url];
  const result = await lunsmith(['build', recipe, ...places], { user, project, env: { HOME: own } });
  expect(result.stderr).toBe('');
  expect((await readRelease(join(own, 'out/arch/latest'))).digest).toBe((await readRelease(release)).digest);
});

it('lists what pacman installed', async () => {
  const { manifest } = await readRelease(release);
  const packages = manifest.packages ?? [];
  const names = packages.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['base', 'linux', 'mkinitcpio', 'open-iscsi', 'systemd']));
  expect(packages.find(({ name }) => name === 'base')).toEqual({
    name: 'base',
    version: '3-2',
    architecture: 'all',
  });
});

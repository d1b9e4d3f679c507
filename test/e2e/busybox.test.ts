/**
 * A distribution that the project does not know, from one folder of the tests: built, sealed and proven like any other. Its boot
 * loader is one that the shipped recipes do not have; which one follows from the commit.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, inject, it } from 'vitest';
import { build } from '../../app/build.js';
import { checkRecipes } from '../../app/check.js';
import { prove } from '../../app/prove.js';
import { PC_FIRMWARE } from '../../artifacts/platform/pc.js';
import { readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { lunImageOf, offersBoot } from '../../artifacts/release/roles.js';
import { rootTree } from '../../stages/rootfs/tree.js';
import { busybox } from '../inside/busybox/distribution.js';
import { writeBusyboxRecipe } from '../inside/busybox/recipe.js';
import { registry } from '../inside/busybox/registry.js';
import { cellSeed, chooseLoaders } from '../util/cells.js';
import { expectBooted } from '../util/proofs.js';

const SECTOR = 512;

it.each(chooseLoaders(cellSeed()))(
  'a system of busybox boots by $loader from its LUN, keeps a file over a reboot, and powers off',
  async ({ loader, ...cell }) => {
    const home = join(inject('shared'), `busybox-${loader}`);
    await mkdir(home);
    const folder = await writeBusyboxRecipe(home, loader);
    const { signal } = new AbortController();
    const emit = () => undefined;
    const plans = await checkRecipes({ folders: [folder], variables: {}, registry }, emit);
    const mirror = process.env['LUNSMITH_MIRROR'];
    const workspace = join(inject('shared'), 'workspace');
    const place = { output: join(home, 'out'), workspace, ...(mirror === undefined ? {} : { mirror }) };
    const [built] = await build({ plans, registry, ...place }, emit, signal);
    const release = await readRelease(built?.path ?? '');
    const { manifest } = release;
    expect(manifest.distribution).toEqual({ id: 'busybox', version: '1' });
    const signs = await busybox.console.signs(rootTree(home));
    expect(manifest.console).toEqual({ device: 'ttyS0', ...signs });
    const names = manifest.packages?.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['busybox-static', 'linux-image-cloud-amd64', 'open-iscsi']),
    );
    // Nothing of Debian's tools came along.
    expect(names).not.toContain('dpkg');
    const root = manifest.disk.partitions.find(({ mount }) => mount === '/');
    const offset = (root?.firstLba ?? 0) * SECTOR;
    const image = `${join(release.path, lunImageOf(manifest))}?offset=${offset}`;
    const { stdout } = await execa('debugfs', ['-R', 'ls -p /var/lib', image]);
    expect(stdout).not.toContain('dpkg');

    expect(manifest.disk.loader).toBe(loader);
    for (const firmware of PC_FIRMWARE)
      expect(offersBoot(manifest, { ...cell, firmware })).toBe(firmware === cell.firmware);
    const cells = () => [cell];
    const request = { release: release.path, cells, accel: 'auto', parallel: 1, workspace } as const;
    const [proof] = await prove(request, emit, signal);
    expectBooted(proof);
    expect(proof?.milestones.map(({ milestone }) => milestone)).toContain('san-login');
    const checks = proof?.checks.map(({ name }) => name);
    // It has no units to look at.
    expect(checks).not.toContain('units');
    expect(checks).toEqual(
      expect.arrayContaining(['reboot', 'power off', 'the file system after power-off']),
    );
    expect(await verifyRelease(await readRelease(release.path))).toEqual([]);
  },
);

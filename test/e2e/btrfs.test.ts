/**
 * A root on Btrfs: what `check` says of it, and, with every cell of the matrix (`npm run test:all`), that it is built twice the same, boots by each
 * firmware and path, and fills a LUN that is larger than its image.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, inject, it } from 'vitest';
import { readRelease } from '../../artifacts/release/release.js';
import { cellSeed } from '../util/cells.js';
import { lunsmith } from '../util/cli.js';
import { writeClientRecipe } from '../util/client-recipe.js';
import { expectBooted, proveShipped } from '../util/proofs.js';
import { openLab } from '../util/wire/lab.js';

const ROOT = { filesystem: 'btrfs' };
const GIB = 1024 ** 3;

it('is refused where EXTLINUX would have to lie in it, at its place', async () => {
  const home = join(inject('shared'), 'btrfs-refused');
  await mkdir(home);
  const folder = await writeClientRecipe(home, 'extlinux', { root: ROOT, disk: { loader: 'extlinux' } });
  const { exitCode, stdout, stderr } = await lunsmith(['check', folder]);
  expect(exitCode).not.toBe(0);
  expect(stdout + stderr).toMatch(/recipe\.yaml:1:\d+ EXTLINUX is put into an unmounted ext4/);
  const good = await lunsmith(['check', await writeClientRecipe(home, 'grub', { root: ROOT })]);
  expect(good.stdout + good.stderr).toContain('nothing is missing');
});

it('is refused for Arch Linux, with which it was not seen', async () => {
  const home = join(inject('shared'), 'btrfs-arch');
  await mkdir(home);
  const disk = { partitions: [{ name: 'root', filesystem: 'btrfs' }] };
  const recipe = { name: 'arch-btrfs', extends: resolve('recipes/arch'), disk };
  await writeFile(join(home, 'package.json'), JSON.stringify({ name: 'arch-btrfs', version: '1.0.0' }));
  await writeFile(join(home, 'recipe.yaml'), JSON.stringify(recipe));
  const { stdout, stderr } = await lunsmith(['check', home]);
  expect(stdout + stderr).toMatch(
    /recipe\.yaml:\d+:\d+ The initramfs of this system was not seen to mount a root on Btrfs\./,
  );
});

if (cellSeed() === 'all') {
  it('is built twice the same, boots in every cell, and fills a larger LUN', async () => {
    const home = join(inject('shared'), 'btrfs');
    await mkdir(home);
    const workspace = join(inject('shared'), 'workspace');
    const folder = await writeClientRecipe(home, 'btrfs', { root: ROOT });
    const built = await lunsmith(['build', folder, '--output', join(home, 'out'), '--twice'], {
      env: { LUNSMITH_WORKSPACE: workspace },
    });
    expect(built.exitCode, built.stderr).toBe(0);
    const release = join(home, 'out/btrfs/latest');
    expect((await lunsmith(['cat', release, '/etc/fstab'])).stdout).toMatch(
      / \/ btrfs noatime,x-systemd\.growfs 0 0$/m,
    );
    const cells = () =>
      (['bios', 'uefi'] as const).flatMap((firmware) =>
        (['san', 'direct'] as const).map((path) => ({ firmware, path, secret: 'right' as const })),
      );
    const request = { release, cells, accel: 'auto', parallel: 2, workspace } as const;
    const proofs = await proveShipped(request, new AbortController().signal);
    expect(proofs).toHaveLength(4);
    for (const proof of proofs) expectBooted(proof);

    await using lab = await openLab({
      home: join(home, 'lab'),
      clients: { web: "{ mac: '52:54:00:aa:00:51', channel: stable, secret: env:CHAP, size: 6G }" },
      secrets: { CHAP: 'canary-14-b7f5' },
    });
    await lab.cli('publish', release, '--to', 'lab');
    await lab.cli('promote', `btrfs@${(await readRelease(release)).digest}`, 'stable', '--on', 'lab');
    await lab.cli('client', 'add', 'web');
    await lab.serve();
    const machine = await lab.machine({ name: 'web', firmware: 'bios', mac: '52:54:00:aa:00:51' });
    const session = await machine.boot();
    const text = async (command: string) => (await session.run(command)).text;
    expect(await text('findmnt -no FSTYPE,OPTIONS /')).toMatch(/^btrfs +rw,noatime/);
    const bytes = async () => {
      const [blocks = 0, size = 0] = (await text("stat -f -c '%b %S' /")).split(' ').map(Number);
      return blocks * size;
    };
    await expect.poll(bytes, { timeout: 120_000, interval: 3000 }).toBeGreaterThan(5.9 * GIB);
    expect(await text('systemctl --failed --plain --no-legend')).toBe('');
    // Three gigabytes were all that the image had.
    expect((await session.run('fallocate -l 4G /srv/large && rm /srv/large')).status).toBe(0);
    await machine.powerOff(session);
  });
}

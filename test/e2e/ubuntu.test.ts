/**
 * The recipe of Ubuntu, built from the miniature of test/util/ubuntu/miniature.ts: what `check` says of it, and, with every cell of the
 * matrix (`npm run test:all`), a boot.
 */
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { readRelease } from '../../artifacts/release/release.js';
import { ubuntuRelease } from '../util/build.js';
import { cellSeed } from '../util/cells.js';
import { lunsmith } from '../util/cli.js';
import { expectBooted, proveShipped } from '../util/proofs.js';

it('is refused where the keys of Ubuntu are not, with the package that has them', async () => {
  const { exitCode, stdout, stderr } = await lunsmith([
    'check',
    'recipes/ubuntu-noble',
    '--set',
    'disk-size=8G',
  ]);
  const said = stdout + stderr;
  // A host may have the package; nothing else is wrong with the recipe.
  if (exitCode !== 0) {
    expect(said).toContain('The keyring /usr/share/keyrings/ubuntu-archive-keyring.gpg does not exist.');
    expect(said).toContain('`apt-get install ubuntu-keyring`');
    expect(said.match(/recipe\.yaml:\d+:\d+/g)).toHaveLength(1);
  }
});

if (cellSeed() === 'all') {
  it('boots by BIOS and sanboot, keeps a file over a reboot, and powers off', async () => {
    const release = await ubuntuRelease();
    const { manifest } = await readRelease(release);
    expect(manifest.distribution).toEqual({ id: 'ubuntu', version: '24.04' });
    const request = {
      release,
      cells: () => [{ firmware: 'bios', path: 'san', secret: 'right' }] as const,
      accel: 'auto',
      parallel: 1,
      workspace: join(inject('shared'), 'workspace'),
    } as const;
    const [proof] = await proveShipped(request, new AbortController().signal);
    expectBooted(proof);
    console.log(`Ubuntu: ${JSON.stringify(proof?.milestones)}`);
  });
}

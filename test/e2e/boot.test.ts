/**
 * The shipped recipes boot: those cells of their boot matrices that this run is for, see cells.ts. The core is booted by
 * rootless.test.ts.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { PC_FIRMWARE } from '../../artifacts/platform/pc.js';
import { type Cell, cellName } from '../../artifacts/platform/platform.js';
import { type Proof, showsAll } from '../../artifacts/release/proof.js';
import { readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { offersBoot } from '../../artifacts/release/roles.js';
import { loaderRelease, shippedRelease } from '../util/build.js';
import { CORE, cellSeed, chooseCells, LOADER_CELLS, RECIPES } from '../util/cells.js';
import { expectBooted, expectRefused, proveShipped } from '../util/proofs.js';

const seed = cellSeed();
const chosen = chooseCells(seed);
const core = CORE.map(fullName);

function fullName({ recipe, ...cell }: (typeof chosen)[number]): string {
  return `${recipe} ${cellName(cell)}`;
}

console.log(`Cells of LUNSMITH_CELLS=${seed}:\n${chosen.map((cell) => `  ${fullName(cell)}\n`).join('')}`);

async function proofsOf(release: string, cells: readonly Cell[]): Promise<ReadonlyMap<string, Proof>> {
  const request = {
    release,
    cells: () => cells,
    accel: 'auto',
    // Files beside this one boot machines too: a client that gets half a processor may run into its own systemd's times.
    parallel: 1,
    workspace: join(inject('shared'), 'workspace'),
    thorough: seed === 'all',
  } as const;
  const found = await proveShipped(request, new AbortController().signal);
  return new Map(found.map((proof) => [cellName(proof.cell), proof]));
}

describe.each(RECIPES)('%s', (recipe) => {
  const cells = chosen
    .filter((cell) => cell.recipe === recipe && !core.includes(fullName(cell)))
    .map(({ firmware, path, secret }) => ({ firmware, path, secret }));
  let release: string;
  let proofs: ReadonlyMap<string, Proof>;
  beforeAll(async () => {
    release = await shippedRelease(recipe);
    proofs = await proofsOf(release, cells);
  });

  it.each(cells.filter(({ secret }) => secret === 'right').map(cellName))('%s boots', (cell) =>
    expectBooted(proofs.get(cell)),
  );

  it('keeps a file over a reboot and powers off, by each firmware', async () => {
    const booted = cells.filter(({ secret }) => secret === 'right').map(({ firmware }) => firmware);
    const { proofs: stored } = await readRelease(release);
    const shown = stored.filter(showsAll).map(({ cell }) => cell.firmware);
    expect(shown).toEqual(expect.arrayContaining(booted));
  });

  it.each(cells.filter(({ secret }) => secret === 'wrong').map(cellName))('%s is refused', (cell) =>
    expectRefused(proofs.get(cell)),
  );

  it('leaves the release as it was, with the proofs and their evidence beside it', async () => {
    const after = await readRelease(release);
    expect(await verifyRelease(after)).toEqual([]);
    expect(after.proofs).toEqual(expect.arrayContaining([...proofs.values()]));
    const [booted = ''] = cells.filter(({ secret }) => secret === 'right').map(cellName);
    const evidence = (name: string) => join(after.path, 'proofs', booted, name);
    const picture = await readFile(evidence('login-1.png'));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    expect(await readFile(evidence('console.log'), 'utf8')).toContain('login:');
  });
});

if (seed === 'all') {
  it.each(LOADER_CELLS)(
    'debian-bookworm with $loader boots by $firmware from its LUN',
    async ({ loader, ...cell }) => {
      const release = await loaderRelease(loader);
      const proof = (await proofsOf(release, [cell])).get(cellName(cell));
      expectBooted(proof);
      expect(proof?.milestones.map(({ milestone }) => milestone)).toContain('san-login');
      const { manifest } = await readRelease(release);
      expect(manifest.disk.loader).toBe(loader);
      for (const firmware of PC_FIRMWARE)
        expect(offersBoot(manifest, { ...cell, firmware })).toBe(firmware === cell.firmware);
    },
  );
}

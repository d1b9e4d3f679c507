/** `check` of an Arch recipe by the databases that were fetched last; the Debian one is in lock.real.test.ts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { smallRepository } from '../util/arch/small-repository.js';
import { lunsmith } from '../util/cli.js';
import { packagesRecipe } from '../util/packages-recipe.js';

it('tells of packages that the databases do not have, and asks no server', async () => {
  const home = await mkdtemp(join(tmpdir(), 'lunsmith-names-'));
  await using repository = await smallRepository();
  await repository.publish([{ name: 'base' }, { name: 'nano-one' }]);
  const check = async (install: string, ...args: string[]) => {
    await writeFile(
      join(home, 'recipe.yaml'),
      packagesRecipe(
        `uses: pacstrap
    with: { repositories: [core], include: [base], mirrors: ['${repository.url}/$repo/os/$arch'], keyring: '${repository.key.keyring}' }`,
        install,
      ),
    );
    const all = ['check', home, '--workspace', join(home, 'work'), ...args];
    const { exitCode, stdout, stderr } = await lunsmith(all);
    return { exitCode, told: `${stdout}${stderr}`.replaceAll(/\s+/g, ' ') };
  };
  const nothing = await check('nanoone');
  expect(nothing.exitCode).toBe(0);
  expect(nothing.told).not.toContain('nanoone');
  expect(await check('nano-one', '--online')).toMatchObject({ exitCode: 0 });
  const before = repository.asked.length;
  const wrong = await check('nanoone');
  expect(wrong.exitCode).toBe(0);
  expect(wrong.told).toMatch(/recipe\.yaml:7:\d+: .*nanoone.*`check --online` asks them now\./);
  expect(repository.asked.length).toBe(before);
  await rm(home, { recursive: true });
});

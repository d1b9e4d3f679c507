/** A root with file names that are not UTF-8 and paths longer than PATH_MAX, from build to image. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { build } from '../../app/build.js';
import { archive } from '../../app/cache.js';
import { checkRecipes } from '../../app/check.js';
import { inspectRelease } from '../../app/inspect.js';
import { ask, testFolder } from '../artifacts/formats/tools.js';
import { registry } from '../inside/odd-lun.js';
import { DEEP_PATH, makeDeepPath, makeOddNames } from '../util/odd-names.js';

it('is built, kept, given to another store, and leaves nothing that stops the next build', async () => {
  await using folder = await testFolder();
  const { signal } = new AbortController();
  const emit = () => undefined;
  const recipe = async (name: string, breaks: boolean) => {
    await mkdir(folder.at(name));
    const text = `name: ${name}\nsteps: [{ uses: odd-root, with: { breaks: ${breaks} } }]\nlun: {}\n`;
    await writeFile(folder.at(`${name}/recipe.yaml`), text);
    return checkRecipes({ folders: [folder.at(name)], variables: {}, registry }, emit);
  };
  const place = { output: folder.at('out'), workspace: folder.at('ws'), registry };

  // A step that fails with such a tree, and a build that was killed with one: both are cleared.
  const broken = build({ plans: await recipe('broken', true), ...place }, emit, signal);
  await expect(broken).rejects.toThrow('broken on purpose');
  const builds = folder.at('ws/builds');
  expect(await readdir(builds)).toEqual([]);
  const killed = join(builds, 'odd-1-1-00000000');
  await mkdir(killed);
  await makeOddNames(killed);
  await makeDeepPath(killed);

  const plans = await recipe('odd', false);
  const [built] = await build({ plans, ...place }, emit, signal);
  expect(await readdir(builds)).toEqual([]);
  const { path, problems, manifest } = await inspectRelease(built?.path ?? '', signal);
  expect(problems).toEqual([]);
  const at = `${join(path, 'disk.img')}?offset=${(manifest.disk.partitions[0]?.firstLba ?? 0) * 512}`;
  await ask('e2fsck', '-fn', at);
  expect(await ask('debugfs', '-R', 'ls -p /odd', at)).toContain('/caf');
  // debugfs(8) takes a path of any length from a file of commands.
  await writeFile(folder.at('commands'), `cat /odd/${DEEP_PATH.join('/')}/f\n`);
  expect(await ask('debugfs', '-f', folder.at('commands'), at)).toContain('deep\n');

  // Another store that imports the layer makes the same release and no layer.
  await archive('export', { store: folder.at('ws/store'), folder: folder.at('kept') }, emit, signal);
  await archive('import', { store: folder.at('ws2/store'), folder: folder.at('kept') }, emit, signal);
  const started: string[] = [];
  const [again] = await build(
    { plans, ...place, workspace: folder.at('ws2'), output: folder.at('out2') },
    (event) => {
      if (event.type === 'task-started') started.push(event.task);
    },
    signal,
  );
  expect(again?.digest).toBe(built?.digest);
  expect(started).not.toContain('1-odd-root');
});

/** A recipe with no Linux in it, from `check` to `inspect`: a LUN of files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { build } from '../../app/build.js';
import { checkRecipes } from '../../app/check.js';
import { inspectRelease } from '../../app/inspect.js';
import { prepareBuild } from '../../app/prepare.js';
import { readPartitionTable } from '../../artifacts/formats/partition-table.js';
import type { Event } from '../../base/event.js';
import { openStore } from '../../pipeline/store/store.js';
import { run, testFolder } from '../artifacts/formats/tools.js';
import { registry } from '../inside/data-lun.js';

it('is checked, planned, built and inspected; its manifest has no kernel, and a second build makes nothing', async () => {
  await using folder = await testFolder();
  const recipe = folder.at('installer');
  await mkdir(recipe);
  await writeFile(join(recipe, 'recipe.yaml'), 'name: installer\ndata: { files: [setup.txt] }\n');
  await writeFile(join(recipe, 'setup.txt'), 'first\n');
  const { signal } = new AbortController();
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  const place = { output: folder.at('out'), workspace: folder.at('ws'), registry };

  const plans = await checkRecipes({ folders: [recipe], variables: {}, registry }, emit);
  const [plan] = plans;
  if (plan === undefined) throw new Error('there is no plan');
  const store = await openStore(folder.at('ws/store'));
  const { keyed } = await prepareBuild({ plan, lock: undefined, store, registry }, emit, signal);
  expect(keyed.steps.map(({ id, kind }) => [id, kind])).toEqual([['data-lun', 'output']]);

  const [built] = await build({ plans, ...place }, emit, signal);
  const inspected = await inspectRelease(built?.path ?? '', signal);
  expect(inspected.problems).toEqual([]);
  const { manifest } = inspected;
  expect(manifest.artifacts.map(({ role, path }) => [role, path])).toEqual([['lun-image', 'disk.img']]);
  expect(manifest.boot).toEqual([]);
  for (const key of ['kernel', 'console', 'packages', 'distribution'])
    expect(manifest).not.toHaveProperty(key);
  const image = join(inspected.path, 'disk.img');
  const table = await readPartitionTable(run, image);
  expect(table.partitions.map(({ name }) => name)).toEqual(['data']);
  const offset = (manifest.disk.partitions[0]?.firstLba ?? 0) * 512;
  const read = ['mtype', '-i', `${image}@@${offset}`, '::setup.txt'] as const;
  expect((await run(read, { doing: 'read the file' })).stdout).toBe('first\n');

  // The same again is the same release, and nothing is made.
  events.length = 0;
  expect((await build({ plans, ...place }, emit, signal))[0]?.digest).toBe(built?.digest);
  expect(
    events.filter(({ type }) => type === 'task-started').map((event) => 'task' in event && event.task),
  ).toEqual(['resolve']);
  // A change of its file is another one.
  await writeFile(join(recipe, 'setup.txt'), 'second\n');
  expect((await build({ plans, ...place }, emit, signal))[0]?.digest).not.toBe(built?.digest);
});

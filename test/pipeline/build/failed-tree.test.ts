import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { failedFolder, hasFailedTree, keepFailedTree } from '../../../pipeline/build/failed-tree.js';
import { testFolder } from '../../artifacts/formats/tools.js';

it('keeps the tree of one step where several fail at once', async () => {
  await using workspace = await testFolder();
  const build = workspace.at('builds/tiny-1');
  const kept = failedFolder(workspace.path, 'tiny-1');
  expect(await hasFailedTree(kept)).toBe(false);
  const steps = ['lun-image', 'boot-artifacts', 'other'];
  for (const step of steps) {
    await mkdir(`${build}/layers/${step}`, { recursive: true });
    await writeFile(`${build}/layers/${step}/name`, step);
  }
  await Promise.all(
    steps.map((step) =>
      keepFailedTree(build, `${build}/layers/${step}`, {
        step,
        architecture: 'amd64',
        below: [`/below/${step}`],
      }),
    ),
  );
  expect(await hasFailedTree(kept)).toBe(true);
  const { step, below } = JSON.parse(await readFile(`${kept}/failed.json`, 'utf8')) as {
    step: string;
    below: string[];
  };
  expect(below).toEqual([`/below/${step}`]);
  expect(await readFile(`${kept}/tree/name`, 'utf8')).toBe(step);
  expect((await readdir(`${build}/layers`)).sort()).toEqual(steps.filter((each) => each !== step).sort());
});

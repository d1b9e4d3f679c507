/** What a hook's layer is made of: nothing of the user's surroundings is in it. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { enterSandbox } from '../../../pipeline/sandbox/enter.js';

const EPOCH = 1_767_225_600;
const SCRIPT =
  'mkdir "$LUNSMITH_ROOTFS/d" && env > "$LUNSMITH_ROOTFS/d/env" && cat < /dev/null > "$LUNSMITH_ROOTFS/f"';

let folder: string;
let umask: number | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hook-layer-'));
});
afterEach(async () => {
  if (umask !== undefined) process.umask(umask);
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function layer(): Promise<string> {
  const recipe = {
    name: 'r',
    folder: join(folder, 'recipe'),
    epoch: EPOCH,
    hooks: { 'rootfs:post': SCRIPT },
  };
  await mkdir(recipe.folder);
  const scripts = recipe.hooks;
  await writeFile(join(recipe.folder, 'package.json'), JSON.stringify({ name: 'r', scripts }));
  const job = { module: 'test/inside/hook-layer.js', payload: { folder, recipe }, network: 'own' } as const;
  await enterSandbox(job, () => undefined, new AbortController().signal);
  return join(folder, 'layer', 'tree');
}

it('has modes and times that no user decides over', async () => {
  umask = process.umask(0o077);
  const tree = await layer();
  const facts = await Promise.all(
    ['.', 'd', 'd/env', 'f'].map(async (path) => {
      const { mode, mtimeMs } = await stat(join(tree, path));
      return [path, (mode & 0o7777).toString(8), mtimeMs / 1000];
    }),
  );
  expect(facts).toEqual([
    ['.', '755', EPOCH],
    ['d', '755', EPOCH],
    ['d/env', '644', EPOCH],
    ['f', '644', EPOCH],
  ]);
});

it('is made in an environment of its own', async () => {
  vi.stubEnv('TZ', 'Europe/Berlin');
  vi.stubEnv('LC_ALL', 'de_DE.UTF-8');
  vi.stubEnv('LUNSMITH_TEST_MARK', 'the user’s');
  const text = await readFile(join(await layer(), 'd', 'env'), 'utf8');
  const found = new Map(text.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]));
  expect(
    Object.fromEntries(['TZ', 'LC_ALL', 'HOME', 'SOURCE_DATE_EPOCH'].map((name) => [name, found.get(name)])),
  ).toEqual({
    TZ: 'UTC',
    LC_ALL: 'C.UTF-8',
    HOME: '/root',
    SOURCE_DATE_EPOCH: String(EPOCH),
  });
  expect(found.get('PATH')?.split(':')).toEqual(
    expect.arrayContaining(['/usr/sbin', dirname(process.execPath)]),
  );
  expect(found.has('LUNSMITH_TEST_MARK')).toBe(false);
});

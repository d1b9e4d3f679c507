/** Folders of builds: those of processes that are gone are cleared, and of no others. */
import { mkdir, readdir } from 'node:fs/promises';
import { uptime } from 'node:os';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { claimOf, openBuildFolder } from '../../pipeline/workspace.js';
import { type TestFolder, testFolder } from '../artifacts/formats/tools.js';

let folder: TestFolder;
beforeEach(async () => {
  folder = await testFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const now = () => Math.floor(uptime() * 100);

it('clears those of processes that are gone, and keeps those that may live', async () => {
  const own = await claimOf(process.pid);
  const [pid, began] = own.self.split('-').map(Number) as [number, number];
  const beside = own.alive.find((each) => each !== own.self) ?? '';
  const claims = {
    'its own': own.self,
    'of one that lives': beside,
    // Its pid is that of a process that lives, and which began later.
    'of one that was before': `${pid}-${began - 1}`,
    // As a proof that begins while a build, which has its list of processes already, does something else.
    'of one that began since': `1-${now()}`,
    'of a boot before': `1-${now() + 100_000}`,
  };
  for (const [what, claim] of Object.entries(claims))
    await mkdir(folder.at(`builds/${what}-${claim}-0a1b2c3d`), { recursive: true });
  await mkdir(folder.at('builds/without a claim'));
  await using _own = await openBuildFolder(folder.path, 'debian', own);
  const left = (await readdir(folder.at('builds'))).map((name) => name.replace(/-\d+-\d+-[0-9a-f]+$/, ''));
  expect(left.sort()).toEqual(['debian', 'its own', 'of one that began since', 'of one that lives']);
});

/** A system is taken over a real ssh, and imported again: it is the same, but for what a start makes anew. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeSystem } from '../../app/take.js';
import type { Event } from '../../base/event.js';
import { Failure } from '../../base/failure.js';
import { UndoStack } from '../../base/undo-stack.js';
import { ports, run, type TestFolder, testFolder } from '../artifacts/formats/tools.js';
import { importSystem, listSystem } from '../stages/import/imported.js';
import { makeSystem } from '../stages/import/stand-in.js';
import { type Sshd, startSshd } from '../util/sshd.js';

const stack = new UndoStack();
let folder: TestFolder;
let sshd: Sshd;
beforeAll(async () => {
  folder = stack.use(await testFolder());
  sshd = stack.use(await startSshd(ports));
  await mkdir(folder.at('system'));
  await makeSystem(folder.at('system'), 'amd64');
  for (const name of ['run/lock', 'tmp/x', 'var/cache/apt/archives/a.deb', 'srv/backup/b']) {
    await mkdir(folder.at(`system/${name}/..`), { recursive: true });
    await writeFile(folder.at(`system/${name}`), '');
  }
});
afterAll(() => stack[Symbol.asyncDispose]());

async function take(name: string, request: Partial<Parameters<typeof takeSystem>[1]> = {}) {
  const events: Event[] = [];
  const caller = {
    cwd: folder.path,
    env: sshd.environment,
    emit: (event: Event) => void events.push(event),
    signal: new AbortController().signal,
  };
  const machine = `ssh://${sshd.destination}${folder.at('system')}`;
  const wish = { machine, to: folder.at(name), exclude: [], sudo: false, ...request };
  const taken = await takeSystem(caller, wish).catch((error: unknown) => Failure.from(error));
  return { taken, warnings: events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])) };
}

it('takes a system whole, with what it tells of itself', async () => {
  const { taken, warnings } = await take('whole.tar', { exclude: ['/srv/*', '/v*/archives'] });
  const tar = await readFile(folder.at('whole.tar'));
  const sha256 = createHash('sha256').update(tar).digest('hex');
  expect(taken).toMatchObject({ bytes: tar.length, sha256, machine: { system: 'Stand-in 12' } });
  expect(warnings).toEqual([]);
  expect((await stat(folder.at('whole.tar'))).mode & 0o777).toBe(0o600);
  const root = folder.at('imported');
  await mkdir(root);
  await importSystem({ path: folder.at('whole.tar'), sha256 }, root, folder.at('scratch'));
  for (const left of ['run', 'tmp', 'srv', 'var/cache/apt/archives']) {
    expect([left, await readdir(`${root}/${left}`)]).toEqual([left, []]);
  }
  await run(['rm', '-r', ...['run/lock', 'tmp/x', 'srv/backup'].map((name) => folder.at(`system/${name}`))], {
    doing: 'tidy up',
  });
  await run(['rm', folder.at('system/var/cache/apt/archives/a.deb')], { doing: 'tidy up' });
  const times = (lines: readonly string[]) =>
    lines.filter((line) => !/^(?:run|tmp|srv|var\/cache)/.test(line));
  expect(times(await listSystem(root))).toEqual(times(await listSystem(folder.at('system'))));
});

it('says which files changed meanwhile', async () => {
  const log = folder.at('system/home/pi/a-log');
  await run(['truncate', '--size=64M', log], { doing: 'make a log' });
  await writeFile(log, Buffer.alloc(32 << 20, 'x'));
  const done = new AbortController();
  const writing = (async () => {
    while (!done.signal.aborted) await appendFile(log, 'one more line\n');
  })();
  const { taken, warnings } = await take('changing.tar');
  done.abort();
  await writing;
  expect(taken).not.toBeInstanceOf(Failure);
  expect(warnings).toEqual([
    expect.stringMatching(/^Changed while they were read, .*: \.\/home\/pi\/a-log\.$/),
  ]);
});

describe('what is refused, and leaves nothing', () => {
  it.each<readonly [string, Partial<Parameters<typeof takeSystem>[1]>, RegExp]>([
    ['a machine that is not there', { machine: 'ssh://127.0.0.1:1/' }, /Cannot reach .* by ssh/],
    ['a folder that is no system', { machine: 'ssh://san1/usr/share' }, /holds no system/],
    ['a path that is none of the system', { exclude: ['var/log'] }, /an absolute path/],
    ['a file in a folder that is not there', { to: '/nowhere/none.tar' }, /none.tar cannot be written/],
    ['a file that is there', { to: '/etc/hostname' }, /is there already/],
  ])('%s', async (_, request, expected) => {
    const before = await readdir(folder.path);
    const { taken } = await take('none.tar', request);
    expect(taken).toBeInstanceOf(Failure);
    expect(JSON.stringify((taken as Failure).diagnostics)).toMatch(expected);
    expect(await readdir(folder.path)).toEqual(before);
  });
});

/** Built once: what changes runs again with what stands on it, and nothing else. */
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { readRelease } from '../../artifacts/release/release.js';
import { UNREAD } from '../../stages/distribution/debian/initramfs/sources.js';
import { ask } from '../artifacts/formats/tools.js';
import { type CliResult, lunsmith, MAIN } from '../util/cli.js';
import { type SmallRecipe, writeSmallRecipe } from '../util/small-recipe.js';

const BASE = ['debootstrap', 'packages'];
const AFTER_HOSTNAME = ['fstab', 'iscsi-initiator', 'initramfs', 'files', 'seal'];
const OUTPUTS = ['boot-artifacts', 'lun-image'];

let home: string;
const work = () => join(home, 'work');
const out = () => join(home, 'out');

beforeAll(async () => {
  home = join(inject('shared'), 'cache');
  await mkdir(home, { recursive: true });
});

const WISHES: SmallRecipe = { hostname: 'one', motd: 'one' };

async function build(wishes: SmallRecipe, name = 'small', ...args: string[]): Promise<CliResult> {
  const folder = await writeSmallRecipe(home, name, wishes);
  return run('build', folder, '--output', out(), '--json', ...args);
}

function run(...args: string[]): Promise<CliResult> {
  return lunsmith([...args, '--workspace', work()]);
}

/** Names of the tasks that ran; those of the store do not. Outputs are made at once: they stand in order of name. */
function ran(result: CliResult): string[] {
  expect(result.exitCode, result.stderr + result.stdout.slice(-2000)).toBe(0);
  const tasks = result.events.flatMap((event) => (event.type === 'task-started' ? [event.task] : []));
  const outputs = tasks.filter((task) => OUTPUTS.includes(task)).sort();
  return tasks.map((task) => (OUTPUTS.includes(task) ? (outputs.shift() ?? task) : task));
}

/** What an initramfs is kept for that an earlier build generated on another root. */
const KNOWN = 'nothing that it reads has changed';

/** What is said of a task that has ended. */
function noteOf(result: CliResult, task: string): string | undefined {
  const ended = result.events.find((event) => event.type === 'task-finished' && event.task === task);
  return ended?.type === 'task-finished' ? ended.note : undefined;
}

function digestOf(result: CliResult): string {
  const released = result.events.find((event) => event.type === 'released');
  return released?.type === 'released' ? released.digest : 'no release';
}

describe('a build', () => {
  let first: CliResult;
  it('runs every step once', async () => {
    const folder = await writeSmallRecipe(home, 'small', WISHES);
    expect((await run('lock', folder)).exitCode).toBe(0);
    first = await build(WISHES);
    expect(ran(first)).toEqual([...BASE, 'hostname', ...AFTER_HOSTNAME, ...OUTPUTS, 'release']);
  });

  it('generates the initramfs by hooks that read nothing of what it is kept in spite of', async () => {
    const key = await readFile(join(work(), 'store', 'last', 'small', 'packages'), 'utf8');
    const tree = join(work(), 'store', 'steps', key, 'tree');
    const home = 'usr/share/initramfs-tools';
    const places = [
      'usr/sbin/mkinitramfs',
      'usr/sbin/update-initramfs',
      `${home}/hooks`,
      `${home}/hook-functions`,
    ];
    // Where it begins no name goes before it: `conf.d/root` is not /root.
    const patterns = UNREAD.flatMap((path) => ['-e', `(^|[^A-Za-z0-9_./}-])${path}\\b`]);
    const { stdout, exitCode } = await execa('grep', ['-rnE', ...patterns, ...places], {
      cwd: tree,
      reject: false,
    });
    expect([stdout, exitCode]).toEqual(['', 1]);
    expect(await readdir(join(tree, 'usr/share/initramfs-tools/hooks'))).toContain('iscsi');
  });

  it('runs nothing when nothing changed', async () => {
    const again = await build(WISHES);
    expect(ran(again)).toEqual([]);
    expect(digestOf(again)).toBe(digestOf(first));
  });

  it('makes the same release for another output folder without running a step', async () => {
    const folder = join(home, 'small');
    const again = await run('build', folder, '--output', join(home, 'elsewhere'), '--json');
    expect(ran(again)).toEqual(['release']);
    expect(digestOf(again)).toBe(digestOf(first));
  });

  it('runs outputs alone where the store of another machine was exported and imported', async () => {
    const [cache, imported] = [join(home, 'exported'), join(home, 'imported')];
    const exported = await run('cache', 'export', cache, '--plain');
    expect([exported.exitCode, exported.stderr]).toEqual([0, '']);
    const there = (...args: string[]) => lunsmith([...args, '--workspace', imported]);
    expect((await there('cache', 'import', cache, '--plain')).exitCode).toBe(0);
    const result = await there(
      'build',
      join(home, 'small'),
      '--output',
      join(home, 'imported-out'),
      '--json',
    );
    expect(ran(result)).toEqual([...OUTPUTS, 'release']);
    expect(digestOf(result)).toBe(digestOf(first));
  });

  it('does not write the root again for another command line', async () => {
    const again = await build({ ...WISHES, parameters: ['quiet'] });
    expect(ran(again)).toEqual([...OUTPUTS, 'release']);
    expect(
      again.events.some((event) => event.type === 'progress' && event.what.startsWith('write root')),
    ).toBe(false);
    expect(digestOf(again)).not.toBe(digestOf(first));
  });

  it('runs only what stands on a file that changed', async () => {
    const again = await build({ ...WISHES, motd: 'two' });
    expect(ran(again)).toEqual(['files', 'seal', ...OUTPUTS, 'release']);
  });

  it('tells beforehand what it would do, and which input changed', async () => {
    await writeSmallRecipe(home, 'small', { ...WISHES, hostname: 'two' });
    const { stdout, exitCode } = await run('plan', join(home, 'small'));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}cached +[0-9a-f]{12} {2}packages /m);
    expect(stdout).toMatch(/^ {2}run +[0-9a-f]{12} {2}hostname/m);
    expect(stdout).toContain('options.name: "one" -> "two"');
    expect(stdout).toContain('stands on a step that runs');
  });

  it('is that of the first when the change is taken back', async () => {
    const again = await build(WISHES);
    expect(ran(again)).toEqual([]);
    expect(digestOf(again)).toBe(digestOf(first));
  });
});

it('another recipe shares what it has in common: no package step runs', async () => {
  const folder = await writeSmallRecipe(home, 'other', { hostname: 'other', motd: 'one' });
  await writeFile(
    join(folder, 'recipe.lock'),
    (await readFile(join(home, 'small', 'recipe.lock'), 'utf8')).replaceAll('small', 'other'),
  );
  const result = await build({ hostname: 'other', motd: 'one' }, 'other');
  expect(ran(result)).toEqual(['hostname', ...AFTER_HOSTNAME, ...OUTPUTS, 'release']);
  // Its initramfs is another: it holds the UUID of its own root, from /etc/fstab.
  expect(noteOf(result, 'initramfs')).toBeUndefined();
});

it('goes on at the step that failed', async () => {
  const failed = await build({ ...WISHES, hostname: 'three', command: 'test -e /srv/there' });
  expect(failed.exitCode).toBe(5);
  expect(failed.events.at(-1)).toMatchObject({ type: 'failed', failure: { step: 'run' } });
  const mended = await build({ ...WISHES, hostname: 'three', command: 'true' });
  expect(ran(mended)).toEqual(['run', ...AFTER_HOSTNAME, ...OUTPUTS, 'release']);
  expect(noteOf(mended, 'initramfs')).toBe(KNOWN);
});

it('built twice by a step that gives other bytes each time, is a failure that tells which, and where', async () => {
  const command = 'cat /proc/sys/kernel/random/uuid > /srv/random';
  const result = await build({ ...WISHES, hostname: 'three', command }, 'small', '--twice');
  expect(result.exitCode).toBe(9);
  const last = result.events.at(-1);
  const failure = last?.type === 'failed' ? last.failure : undefined;
  expect(failure?.kind).toBe('integrity');
  expect(failure?.diagnostics[0]?.what).toBe('Two builds of small are not the same.');
  const found = failure?.diagnostics.find(({ what }) => what.includes('/srv/random'));
  // The first took the initramfs of another root, the second generated its own.
  expect(noteOf(result, 'initramfs')).toBe(KNOWN);
  expect(failure?.diagnostics.filter(({ what }) => /initr|\/boot\//.test(what))).toEqual([]);
  const [, at] =
    /^disk\.img: content of \/srv\/random at its byte (\d+) differs \(partition 3 \(root\)\)\.$/.exec(
      found?.what ?? '',
    ) ?? [];
  expect(found?.hint).toMatch(/^Look at the step that writes this file \(packages, files or run\)/);
  // The first of both builds is the release; that it tells the truth of it can be seen.
  const release = await readRelease(join(out(), 'small', 'latest'));
  const root = release.manifest.disk.partitions.find(({ name }) => name === 'root');
  const image = `${join(release.path, 'disk.img')}?offset=${(root?.firstLba ?? 0) * 512}`;
  const content = await ask('debugfs', '-R', 'cat /srv/random', image);
  expect(content).toMatch(/^[0-9a-f-]{36}\n$/);
  expect(found?.expected).toBe(JSON.stringify(content.slice(Number(at), Number(at) + 16)));
  expect(await readdir(join(work(), 'builds'))).toEqual([]);
});

describe('a shell in the tree of the step that failed', () => {
  /** Types a line when the prompt is there, as a user on a terminal would. */
  async function session(line: string, wishes: SmallRecipe, exitCode: number): Promise<string> {
    const folder = await writeSmallRecipe(home, 'small', wishes);
    const argv = [process.execPath, MAIN, 'build', folder, '--output', out(), '--workspace', work()];
    const command = [...argv, '--plain', '--shell-on-failure'].join(' ');
    const child = execa('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      reject: false,
      env: { NO_COLOR: '1', TERM: 'dumb' },
    });
    let seen = '';
    let typed = false;
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (typed || !seen.includes('(keep|discard) /# ')) return;
      typed = true;
      child.stdin.write(`${line}\n`);
    });
    expect((await child).exitCode).toBe(exitCode);
    return seen;
  }
  const FAILS: SmallRecipe = { ...WISHES, hostname: 'three', command: 'echo left > /srv/left; false' };

  it('shows what the step left, and is gone when it is discarded', async () => {
    const seen = await session('cat /srv/left; discard', FAILS, 5);
    expect(seen).toContain('A shell in the tree of run. Leave it with `keep`');
    expect(seen).toMatch(/^left\r?$/m);
    expect(seen).toContain('The tree is removed.');
    expect(await readdir(join(work(), 'failed'))).toEqual([]);
  });

  it('shows the finished root when no image can be made of it', async () => {
    const seen = await session('cat /etc/hostname; discard', { ...WISHES, size: '128M' }, 3);
    expect(seen).toContain('A shell in the tree of lun-image.');
    expect(seen).toMatch(/^one\r?$/m);
    expect(await readdir(join(work(), 'failed'))).toEqual([]);
  });

  it('keeps the tree when the user says so', async () => {
    const seen = await session('keep', FAILS, 5);
    const [, tree = ''] = /The tree is kept: (\S+)/.exec(seen) ?? [];
    expect(await readFile(join(tree, 'srv', 'left'), 'utf8')).toBe('left\n');
    await rm(join(work(), 'failed'), { recursive: true });
  });
});

it('two builds at once make each step once', async () => {
  const wishes: SmallRecipe = { ...WISHES, hostname: 'four' };
  const folder = await writeSmallRecipe(home, 'small', wishes);
  const both = await Promise.all(
    ['a', 'b'].map((name) => run('build', folder, '--output', join(home, name), '--json')),
  );
  for (const result of both) expect(result.exitCode, result.stderr).toBe(0);
  expect(digestOf(both[0] as CliResult)).toBe(digestOf(both[1] as CliResult));
});

it('finds a damaged layer when it is used, and makes it again', async () => {
  const store = join(work(), 'store');
  const key = await readFile(join(store, 'last', 'small', 'hostname'), 'utf8');
  await truncate(join(store, 'steps', key, 'tree', 'etc', 'hostname'), 1);
  const verified = await run('cache', 'verify');
  expect(verified.exitCode).toBe(9);
  expect(verified.stderr).toContain('hostname');
  const result = await build({ ...WISHES, hostname: 'four', motd: 'damaged' });
  expect(ran(result)).toEqual(['hostname', 'files', 'seal', ...OUTPUTS, 'release']);
  expect(result.events.filter(({ type }) => type === 'warning')).toMatchObject([{ task: 'hostname' }]);
  expect((await run('cache', 'verify')).exitCode).toBe(0);
});

it('makes a layer again whose outputs are still there, since it recorded what the manifest needs', async () => {
  const folder = await writeSmallRecipe(home, 'small', WISHES);
  const store = join(work(), 'store');
  const { stdout } = await run('plan', folder, '--json');
  const [{ steps }] = JSON.parse(stdout) as [{ steps: { id: string; key: string }[] }];
  const seal = steps.find(({ id }) => id === 'seal');
  await rm(join(store, 'steps', seal?.key ?? ''), { recursive: true });
  const result = await run('build', folder, '--output', join(home, 'a'), '--json');
  expect(ran(result)).toEqual(['seal', 'release']);
});

it('keeps to its budget, but never removes what a release uses', async () => {
  const { exitCode, stdout, stderr } = await run('cache', 'gc', '--max-size', '1M');
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toMatch(/over the budget/);
  const folder = await writeSmallRecipe(home, 'small', WISHES);
  expect(ran(await run('build', folder, '--output', out(), '--json'))).toEqual([]);
  await rename(out(), join(home, 'moved'));
  await rename(join(home, 'elsewhere'), join(home, 'moved-too'));
  for (const name of ['a', 'b']) await rename(join(home, name), join(home, `moved-${name}`));
  expect((await run('cache', 'gc', '--max-size', '1M')).exitCode).toBe(0);
  expect(await readdir(join(work(), 'store', 'steps'))).toEqual([]);
});

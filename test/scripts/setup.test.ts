/** The set-up on hosts that lack something, played by programs of our own on its PATH. */
import { chmod, copyFile, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-setup-'));
  for (const name of [
    'scripts',
    'bin',
    'node_modules',
    'dist',
    'cli',
    'pipeline',
    'stages',
    'artifacts',
    'hosts',
    'gate',
    'app',
    'base',
    'bench',
    'test/inside',
  ])
    await mkdir(join(folder, name), { recursive: true });
  for (const name of ['setup.sh', 'install-debian-packages.sh'])
    await copyFile(join('scripts', name), join(folder, 'scripts', name));
  await writeFile(join(folder, 'scripts', 'debian-packages.txt'), '# comment\ntgt # another\nzstd\n\nipxe\n');
  for (const name of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'node_modules/.package-lock.json',
    'dist/.compiled',
  ])
    await writeFile(join(folder, name), '');
  // Everything older than the marks of what is done.
  for (const name of [
    'cli',
    'pipeline',
    'stages',
    'artifacts',
    'hosts',
    'gate',
    'app',
    'base',
    'bench',
    'test/inside',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
  ])
    await utimes(join(folder, name), 1e9, 1e9);
  await utimes(join(folder, 'node_modules/.package-lock.json'), 1.1e9, 1.1e9);
  await program('node', 'echo v20.20.2');
  await program('npm', 'echo "npm $*" >>calls');
  await program('apt-get', 'echo "apt-get $*" >>calls');
  await program('systemctl', 'echo "systemctl $*" >>calls');
  await program('dpkg-query', installed('tgt', 'ipxe:amd64', 'zstd'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function installed(...packages: string[]): string {
  return packages.map((name) => `echo '${name} installed'`).join('\n');
}

async function program(name: string, text: string): Promise<void> {
  const path = join(folder, 'bin', name);
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
}

async function user(name: string, uid: number): Promise<void> {
  await program('id', `case $1 in -un) echo ${name} ;; *) echo ${uid} ;; esac`);
}

async function setup(): Promise<{ code: number | undefined; out: string; err: string; calls: string[] }> {
  const result = await execa('sh', ['scripts/setup.sh'], {
    cwd: folder,
    env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  const calls = await execa('cat', ['calls'], { cwd: folder, reject: false });
  return { code: result.exitCode, out: result.stdout, err: result.stderr, calls: calls.stdout.split('\n') };
}

it('is silent when there is nothing to do', async () => {
  await user('root', 0);
  expect(await setup()).toEqual({ code: 0, out: '', err: '', calls: [''] });
});

it('installs npm packages when the lock file is newer, and compiles what changed', async () => {
  await user('root', 0);
  await utimes(join(folder, 'package-lock.json'), 1.2e9, 1.2e9);
  await writeFile(join(folder, 'cli', 'main.ts'), '');
  await utimes(join(folder, 'dist', '.compiled'), 1e9, 1e9);
  const { code, out, calls } = await setup();
  expect(code).toBe(0);
  expect(out).toBe('setup: installing npm packages\nsetup: compiling');
  expect(calls).toEqual(['npm ci --include=dev --no-audit --no-fund', 'npm run --silent compile']);
  expect((await setup()).out).toBe('setup: installing npm packages');
});

it.each([
  ['v18.19.0', 4],
  ['v20.19.9', 4],
  ['v21.7.0', 4],
  ['v20.20.0', 0],
  ['v22.1.0', 0],
  ['v24.0.0', 0],
])('with Node %s ends with %d', async (version, code) => {
  await user('root', 0);
  await program('node', `echo ${version}`);
  const result = await setup();
  expect(result.code).toBe(code);
  if (code === 4) expect(result.err).toContain(`setup: Found: ${version.slice(1)}, `);
});

it('tells an ordinary user all that is missing at once', async () => {
  await user('no-such-user', 4321);
  await program('dpkg-query', installed('zstd'));
  await program('sudo', 'exit 1');
  expect(await setup()).toEqual({
    code: 4,
    out: '',
    err: [
      'setup: Debian packages are missing: tgt ipxe',
      'setup: Install them as root: apt-get install --yes --no-install-recommends tgt ipxe',
      'setup: The user no-such-user has no range of at least 65536 subordinate ids in /etc/subuid.',
      'setup: Add one as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 no-such-user',
      'setup: (another range, if a line of another user in that file overlaps with it)',
    ].join('\n'),
    calls: [''],
  });
});

it('says what failed and where its log is', async () => {
  await user('root', 0);
  await utimes(join(folder, 'package-lock.json'), 1.2e9, 1.2e9);
  await program('npm', 'echo the reason; exit 1');
  const { code, err } = await setup();
  expect(code).toBe(5);
  const [reason, what, log] = err.split('\n');
  expect([reason, what]).toEqual([
    'the reason',
    'setup: could not install the npm packages: npm ci --include=dev --no-audit --no-fund',
  ]);
  expect(log).toMatch(/^setup: the full log is \/tmp\//);
  await rm(log?.replace('setup: the full log is ', '') ?? '');
});

/** The Debian package: made of this checkout, installed in a Debian 12 with nothing but apt in it and no network, used, removed. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import type { ChrootInside } from '../inside/chroot.js';
import { baseTree } from '../util/base-tree.js';

let folder: string;
let said: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-package-'));
  const packages = join(folder, 'packages');
  await mkdir(packages);
  execFileSync('sh', ['scripts/package.sh', packages], { stdio: 'pipe' });
  const [name = ''] = await readdir(packages);
  expect(name).toMatch(/^lunsmith_[0-9.]+_amd64\.deb$/);
  const part = (title: string, command: string) => `echo '== ${title}'; { ${command}; } 2>&1`;
  const script = [
    'cd /root',
    part('before', 'command -v node lunsmith || echo nothing'),
    part(
      'install',
      `dpkg --install /run/lunsmith/packages/${name} && dpkg --audit && dpkg --verify lunsmith`,
    ),
    part('version', 'lunsmith --version'),
    part('init', 'lunsmith init mine && head -n 1 mine/recipe.yaml'),
    part('check', 'lunsmith check mine'),
    part('report', 'lunsmith report nothing/here'),
    part(
      'files',
      'ls -L /usr/share/man/man1/lunsmith.1.gz /usr/share/doc/lunsmith/docs/recipe.md /usr/share/bash-completion/completions/lunsmith',
    ),
    part('completion', `bash -c '. /usr/share/bash-completion/completions/lunsmith; complete -p lunsmith'`),
    part('remove', 'dpkg --remove lunsmith; ls /usr/lib/lunsmith /usr/bin/lunsmith'),
    'true',
  ].join('\n');
  const payload: ChrootInside = {
    ...{ folder, base: await baseTree(), declared: false, resolv: 'file' },
    argv: ['sh', '-c', script],
    options: { folders: { packages } },
  };
  const job = { module: 'test/inside/chroot.js', payload, network: 'host' } as const;
  const out = String(await enterSandbox(job, () => undefined, new AbortController().signal));
  said = Object.fromEntries(
    out
      .split(/^== /m)
      .slice(1)
      .map((each) => [each.slice(0, each.indexOf('\n')), each.slice(each.indexOf('\n') + 1).trim()]),
  );
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it('installs where there is no Node.js, and its files are whole', () => {
  expect(said['before']).toBe('nothing');
  expect(said['install']).toMatch(/Setting up lunsmith \([0-9.]+\) \.\.\.$/);
});

it('runs, and says which packages it lacks for a build', () => {
  expect(said['version']).toMatch(/^\d+\.\d+\.\d+$/);
  // There is no npx: what it says can be run is run by its name.
  expect(said['init']).toContain('Check it: lunsmith check mine\n');
  expect(said['check']).toContain('Hint: Install them: apt-get install grub-pc-bin');
  expect(said['report']).toContain('nothing/here is not a release.');
});

it('brings its manual, its pages and its completion', () => {
  expect(said['files']).not.toContain('cannot access');
  expect(said['completion']).toContain('-F _lunsmith lunsmith');
});

it('leaves nothing when it is removed', () => {
  expect(said['remove']?.match(/cannot access '\S+'/g)).toHaveLength(2);
});

it('has a manual that the tools for manuals understand', () => {
  // A page that is the same for the same commands has no date.
  const mandoc = (...args: string[]) =>
    execFileSync('mandoc', [...args, 'man/lunsmith.1'], { encoding: 'utf8' });
  const found = execFileSync('sh', ['-c', 'mandoc -T lint -W warning man/lunsmith.1 || true'], {
    encoding: 'utf8',
  });
  expect(found.split('\n').filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
  const text = mandoc('-T', 'ascii').replace(/.\u0008/g, '');
  expect(text).toMatch(/^ {3}lunsmith client add .*\[options\]$/m);
  expect(text).toMatch(/^ +--dry-run/m);
  expect(text).toMatch(/^EXIT STATUS$/m);
});

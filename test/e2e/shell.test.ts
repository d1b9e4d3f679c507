/** `lunsmith shell`: the root of a release to try something in, of which nothing stays. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, inject, it } from 'vitest';
import { type Release, readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { clientRelease } from '../util/build.js';
import { lunsmith, MAIN } from '../util/cli.js';

let release: Release;
let workspace: string;
beforeAll(async () => {
  release = await clientRelease();
  workspace = join(inject('shared'), 'shell');
});

const left = () => readdir(join(workspace, 'builds'));

it('runs a command there, and throws away what it wrote', async () => {
  const script =
    'head -n 1 /etc/os-release; stat -c "%a %U" /usr/bin/passwd; dpkg --audit; ls /boot/vmlinuz-*; echo mine >/root/mine';
  const run = (text: string) =>
    lunsmith(['shell', release.path, '--workspace', workspace, '--', 'sh', '-ec', text]);
  const first = await run(script);
  expect(first.stderr).toBe('');
  expect(first.stdout).toMatch(
    /^PRETTY_NAME="Debian GNU\/Linux 12 \(bookworm\)"\n4755 root\n\/boot\/vmlinuz-\S+$/,
  );
  const second = await run('test ! -e /root/mine; exit 3');
  expect(second.exitCode).toBe(5);
  expect(second.stderr).toContain('error: sh did not succeed in the root of client.\n  Found: exit code 3');
  expect(await left()).toEqual([]);
  expect(await verifyRelease(await readRelease(release.path))).toEqual([]);
});

it('opens a shell on the terminal, whose end is no error', async () => {
  const command = [process.execPath, MAIN, 'shell', release.path, '--workspace', workspace].join(' ');
  const child = execa('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    reject: false,
    env: { TERM: 'dumb' },
  });
  let seen = '';
  let typed = false;
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    if (typed || !seen.includes(`client@${release.digest.slice(0, 12)} /# `)) return;
    typed = true;
    child.stdin.write('cat /etc/debian_version; exit 4\n');
  });
  expect((await child).exitCode).toBe(0);
  expect(seen).toMatch(/^12\.\d+\r?$/m);
  expect(await left()).toEqual([]);
});

it('says what it is that has no root', async () => {
  const { exitCode, stderr } = await lunsmith(['shell', join(workspace, 'none'), '--workspace', workspace]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('is not a release.');
});

/** What goes wrong outside of us ends in one clear message, a documented exit code, and nothing half-written. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, inject, it } from 'vitest';
import type { FailureRecord } from '../../artifacts/failure.js';
import { type CliResult, lunsmith, MAIN } from '../util/cli.js';

let home: string;
beforeAll(async () => {
  home = join(inject('shared'), 'errors');
  await mkdir(home);
});

/** A small recipe with an image of this size. */
async function recipe(name: string, size: string): Promise<string> {
  const folder = join(home, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true }));
  await writeFile(
    join(folder, 'recipe.yaml'),
    `name: ${name}
description: Fails.
architecture: amd64
steps:
  - uses: debootstrap
    with: { suite: bookworm, pockets: [] }
  - uses: packages
    with: { install: [linux-image-cloud-amd64, initramfs-tools, open-iscsi, systemd-sysv, udev, busybox, zstd] }
  - uses: fstab
  - uses: iscsi-initiator
  - uses: initramfs
  - uses: seal
disk:
  table: gpt
  size: ${size}
  partitions:
    - { name: bios, type: bios-boot, size: 3M }
    - { name: root, type: linux, size: rest, mount: / }
kernel:
  command-line: ['console=ttyS0,115200', iscsi_auto]
`,
  );
  return folder;
}

async function build(folder: string, ...args: string[]): Promise<CliResult> {
  const places = ['--output', join(home, 'out'), '--workspace', join(home, 'work')];
  return lunsmith(['build', folder, ...places, '--json', ...args]);
}

function failureOf(result: CliResult): FailureRecord {
  const last = result.events.at(-1);
  if (last?.type !== 'failed') throw new Error(`no failure but ${JSON.stringify(last)}\n${result.stderr}`);
  return last.failure;
}

async function expectNoRelease(): Promise<void> {
  expect(await readdir(join(home, 'out')).catch(() => [])).toEqual([]);
  expect(await readdir(join(home, 'work', 'builds')).catch(() => [])).toEqual([]);
}

it('a mirror that is down', async () => {
  const result = await build(await recipe('down', '2G'), '--mirror', 'http://127.0.0.1:9/debian');
  expect(result.exitCode).toBe(6);
  const failure = failureOf(result);
  expect(failure.kind).toBe('network');
  expect(failure.step).toBe('debootstrap');
  expect(JSON.stringify(failure.diagnostics)).toContain('http://127.0.0.1:9/debian');
  await expectNoRelease();
});

it('a mirror that nobody signed', async () => {
  const server = createServer((request, response) => {
    const date = 'Thu, 01 Jan 2026 00:00:00 UTC';
    if (request.url?.endsWith('/Release') === true) {
      response.end(
        `Suite: stable\nCodename: bookworm\nDate: ${date}\nArchitectures: amd64\nComponents: main\nSHA256:\n`,
      );
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const result = await build(await recipe('unsigned', '2G'), '--mirror', `http://127.0.0.1:${port}/debian`);
  server.close();
  expect(failureOf(result).kind).toBe('signature');
  expect(result.exitCode).toBe(7);
  await expectNoRelease();
});

it('a root that is too small for what is in it, found before the image is written', async () => {
  const result = await build(await recipe('tiny', '128M'));
  expect(result.exitCode).toBe(3);
  const failure = failureOf(result);
  expect(failure.step).toBe('lun-image');
  expect(failure.diagnostics[0]?.what).toMatch(/too small/);
  expect(`${failure.diagnostics[0]?.what} ${failure.diagnostics[0]?.found}`).toMatch(/\d+ MiB/);
  await expectNoRelease();
});

it('a disk that becomes full', async () => {
  const folder = await recipe('full', '2G');
  const work = join(home, 'small-disk');
  await mkdir(work);
  // A small file system of its own, mounted where only this build sees it.
  const script = 'mount -t tmpfs -o size=120m full "$1" && shift && exec "$@"';
  const argv = [
    process.execPath,
    MAIN,
    'build',
    folder,
    '--output',
    join(home, 'out'),
    '--workspace',
    work,
    '--json',
  ];
  const result = await execa('unshare', ['--mount', 'sh', '-c', script, 'full', work, ...argv], {
    reject: false,
  });
  expect(result.exitCode).toBe(8);
  const last = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as { failure: FailureRecord };
  expect(last.failure.kind).toBe('space');
  expect(last.failure.diagnostics[0]?.hint).toMatch(/^Free space/);
  await expectNoRelease();
});

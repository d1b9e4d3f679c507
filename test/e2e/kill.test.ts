/** A build that is killed, at any moment, leaves nothing behind, and the next one succeeds. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { readRelease, verifyRelease } from '../../artifacts/release/release.js';
import { type CliResult, lunsmith } from '../util/cli.js';
import { untilEnded, untilGone } from '../util/processes.js';

/** A recipe that passes through every phase, with a small kernel so that each try is short. */
const RECIPE = `name: small
description: Every phase of a build, in little time.
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
  size: 2G
  partitions:
    - { name: bios, type: bios-boot, size: 3M }
    - { name: esp, type: esp, size: 64M }
    - { name: root, type: linux, size: rest, mount: / }
kernel:
  command-line: ['console=ttyS0,115200', iscsi_auto]
`;
const PHASES = ['debootstrap', 'packages', 'initramfs', 'lun-image', 'boot-artifacts', 'release'];

let home: string;
const paths = () => ({ out: join(home, 'out'), work: join(home, 'work'), recipe: join(home, 'small') });

function build(phase?: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<CliResult> {
  const { out, work, recipe } = paths();
  return lunsmith(['build', recipe, '--output', out, '--workspace', work, '--json'], {
    ...(phase === undefined
      ? {}
      : { kill: { signal, when: (event) => event.type === 'task-started' && event.task === phase } }),
  });
}

async function expectNothingLeft(result: CliResult): Promise<void> {
  const { out, work, recipe } = paths();
  // At least unshare and the process inside.
  expect(result.started.length).toBeGreaterThanOrEqual(2);
  await untilEnded(result.started);
  await untilGone(work);
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(home);
  expect((await readdir(home)).sort()).toEqual(['out', 'small', 'work']);
  expect(await readdir(recipe)).toEqual(['package.json', 'recipe.yaml']);
  expect(await readdir(out)).toEqual([]);
}

beforeAll(async () => {
  home = join(inject('shared'), 'kill');
  await mkdir(paths().recipe, { recursive: true });
  await writeFile(join(paths().recipe, 'recipe.yaml'), RECIPE);
  await writeFile(
    join(paths().recipe, 'package.json'),
    JSON.stringify({ name: 'small', version: '1.0.0', private: true }),
  );
});

describe('kill -9', () => {
  it.each(PHASES)('in %s', async (phase) => {
    const result = await build(phase);
    expect(result.signal).toBe('SIGKILL');
    await expectNothingLeft(result);
  });
});

it('Ctrl-C ends everything within 2 s and says so', async () => {
  const result = await build('packages', 'SIGINT');
  expect(result.exitCode).toBe(130);
  expect(result.dyingSeconds).toBeLessThan(2);
  expect(result.events.at(-1)).toMatchObject({ type: 'failed', failure: { kind: 'interrupted' } });
  await expectNothingLeft(result);
});

it('the next build succeeds and clears what the killed ones left in the workspace', async () => {
  const result = await build();
  expect(result.exitCode).toBe(0);
  const { out, work } = paths();
  expect(await verifyRelease(await readRelease(join(out, 'small', 'latest')))).toEqual([]);
  expect(await readdir(join(work, 'builds'))).toEqual([]);
});

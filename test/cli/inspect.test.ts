import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { build } from '../../app/build.js';
import type { InspectedRelease } from '../../app/inspect.js';
import type { prove } from '../../app/prove.js';
import { cellName } from '../../artifacts/platform/platform.js';
import { createCommandLine } from '../../cli/command-line.js';
import { withoutLinux } from '../util/manifest.js';
import { addProof, type ReleaseOnDisk, writeRelease } from './a-release.js';
import { pipes } from './fake-terminal.js';

const fakes = vi.hoisted(() => ({ build: vi.fn<typeof build>(), prove: vi.fn<typeof prove>() }));
vi.mock('../../app/build.js', () => ({ build: fakes.build }));
vi.mock('../../app/prove.js', async (original) => ({
  ...(await original<object>()),
  prove: fakes.prove,
}));
vi.mock('../../cli/commands/check.js', async (original) => ({
  ...(await original<object>()),
  checkRecipes: () => Promise.resolve([]),
}));

let folder: string;
let release: ReleaseOnDisk;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'lunsmith-inspect-')));
  release = await writeRelease(join(folder, 'copy'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function lunsmith(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const terminal = { ...pipes({ HOME: '/home/u' }), cwd: folder };
  const code = await createCommandLine(terminal, new AbortController().signal).run(args);
  return { code, out: terminal.out(), err: terminal.err() };
}

const FILES_AND_PARTITIONS = [
  'Files',
  '  path             role         apparent  allocated  digest',
  '  boot/empty.ipxe  ipxe-script  0 B       0 B        sha256:e3b0c44298fc',
  '  disk.img         lun-image    8.39 MB   0 B        sha256:2daeb1f36095',
  '  ✔ every digest verified',
  '',
  'Partitions  gpt, 8 MiB, 11111111-0000-4000-8000-000000000000',
  '  no.  name       start  size           holds  mount',
  '  1    bios-boot  1 MiB  1 MiB          -      -',
  '       type 22222222-0000-4000-8000-000000000000',
  '  2    root       2 MiB  5 MiB or more  ext4   /',
  '       type 44444444-0000-4000-8000-000000000000',
  '       UUID 66666666-0000-4000-8000-000000000000',
  '',
];

describe('inspect', () => {
  it('shows what is in a release', async () => {
    const { code, out, err } = await lunsmith('inspect', 'copy', '--packages');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    // Of partitions too, each line fits a terminal of 80 columns.
    expect(FILES_AND_PARTITIONS.filter((line) => line.length > 79)).toEqual([]);
    expect(out.split('\n')).toEqual([
      'Release       copy',
      `Digest        sha256 ${release.digest}`,
      'Recipe        tiny 1.2.0',
      'System        debian 12, pc amd64, kernel 6.1.0-9-amd64',
      'Command line  root=UUID=1 console=ttyS0,115200',
      'Packages      2',
      '',
      ...FILES_AND_PARTITIONS,
      'Proofs  none yet: npx lunsmith prove RELEASE',
      '',
      'dash     0.5.12-2  amd64',
      'systemd  252.1     amd64',
      '',
    ]);
  });

  it('shows what is proven of it', async () => {
    await addProof(release, 'bios-san', true);
    await addProof(release, 'bios-san-wrong', false);
    await addProof({ ...release, digest: '0'.repeat(64) }, 'uefi-san', true);
    const { out } = await lunsmith('inspect', 'copy');
    expect(out.split('\n').slice(-5)).toEqual([
      'Proofs',
      '  ✘  bios-san-wrong-secret  1 of 2 checks failed  1 min 01 s  tcg, QEMU’s user network  2026-01-02T03:04:05Z',
      '  ✔  bios-san               2 checks              1 min 01 s  tcg, own network          2026-01-02T03:04:05Z',
      '  ✔  uefi-san               of another release    1 min 01 s  tcg, own network          2026-01-02T03:04:05Z',
      '',
    ]);
  });

  it('shows a release that has no Linux in it', async () => {
    await writeRelease(join(folder, 'bare'), withoutLinux);
    const { code, out, err } = await lunsmith('inspect', 'bare', '--packages');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n').slice(3, 6)).toEqual([
      'System        no distribution, pc amd64, no kernel',
      'Command line  none',
      'Packages      none',
    ]);
  });

  it('says of a release of another version what to do', async () => {
    await writeRelease(join(folder, 'old'), (now) => ({ ...now, format: 'lunsmith-manifest/1' }));
    const { code, err } = await lunsmith('inspect', 'old');
    expect(code).toBe(9);
    expect(err).toBe(
      `error: ${join(folder, 'old')} is a release of another version of lunsmith.\n` +
        '  Expected: a manifest of the format lunsmith-manifest/2\n  Found: lunsmith-manifest/1\n' +
        '  Hint: Build the release again: npx lunsmith build RECIPE --output OUT\n',
    );
  });

  it('prints all of it as one JSON document', async () => {
    const { code, out } = await lunsmith('inspect', 'copy', '--json');
    const document = JSON.parse(out) as InspectedRelease;
    expect(code).toBe(0);
    expect(document).toMatchObject({ path: release.path, digest: release.digest, problems: [], proofs: [] });
    expect(document.files[1]).toMatchObject({ path: 'disk.img', bytes: 8 * 2 ** 20, allocated: 0 });
    expect(document.manifest.packages).toHaveLength(2);
  });

  it('fails when a file is not what the manifest says', async () => {
    await writeFile(join(release.path, 'boot', 'empty.ipxe'), 'x');
    await writeFile(join(release.path, 'stray'), '');
    const { code, out, err } = await lunsmith('inspect', 'copy');
    expect(code).toBe(9);
    expect(out).toContain('  ✘ 2 problems: see below\n');
    expect(err).toBe(
      'error: The release is damaged.\n  Found: boot/empty.ipxe: 1 bytes instead of 0\n  Hint: Build it again.\n' +
        '\nerror: The release is damaged.\n  Found: stray: not in the manifest\n',
    );
  });

  it('fails when the manifest is not that of the folder’s name', async () => {
    const path = join(folder, '0'.repeat(64));
    await writeRelease(path);
    const { code, err } = await lunsmith('inspect', path);
    expect(code).toBe(9);
    expect(err).toContain(`  Found: manifest.json: its sha256 is ${release.digest}, not the folder’s name\n`);
  });
});

describe('demo', () => {
  it('ends with what was built, where, how long, and the proof', async () => {
    const path = join(folder, 'out', 'debian-bookworm', 'releases', release.digest);
    const built = await writeRelease(path);
    await symlink(path, join(folder, 'out', 'debian-bookworm', 'latest'));
    fakes.build.mockImplementation((_, emit) => {
      emit({ type: 'released', recipe: 'tiny', path, digest: built.digest, seconds: 75 });
      return Promise.resolve([built]);
    });
    fakes.prove.mockImplementation(async (_, emit) => {
      await addProof(built, 'bios-san', true);
      emit({ type: 'proven', path, digest: built.digest, passed: true, seconds: 300 });
      return [];
    });
    const { code, out, err } = await lunsmith('demo');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const request = fakes.prove.mock.calls[0]?.[0];
    expect(request).toMatchObject({ release: path, accel: 'auto' });
    expect(request?.cells({ platform: 'pc', boot: [] }).map(cellName)).toEqual([
      'bios-san',
      'uefi-direct',
      'bios-san-wrong-secret',
    ]);
    expect(out.split('\n').slice(2)).toEqual([
      '',
      'tiny: built and proven',
      '  What       debian 12, pc amd64, kernel 6.1.0-9-amd64, 2 packages',
      '  LUN image  8 MiB, 0 B of it allocated',
      '  Where      out/debian-bookworm/latest',
      `  Digest     sha256 ${built.digest}`,
      '  How long   built in 1 min 15 s, proven in 5 min 00 s',
      '',
      'Proofs',
      '  ✔  bios-san  2 checks  1 min 01 s  tcg, own network  2026-01-02T03:04:05Z',
      '',
      'Proven: 3 of 6 cells; all of them: npx lunsmith prove out/debian-bookworm/latest',
      'Look into it: npx lunsmith inspect out/debian-bookworm/latest',
      '',
    ]);
    fakes.prove.mockClear();
    const all = await lunsmith('demo', '--all');
    expect(all.out).not.toContain('Proven: ');
    expect(fakes.prove.mock.calls[0]?.[0].cells({ platform: 'pc', boot: [] })).toHaveLength(6);
  });
});

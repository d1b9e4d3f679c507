/** Programs of a foreign root that native ones stand in for: what is started, and that nothing of it is seen in what steps make. */
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trampoline } from '../../../pipeline/sandbox/trampoline.js';
import { runStages, type StageRig } from '../../util/stage-rig.js';

describe('a trampoline', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lunsmith-trampoline-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const LIBRARIES = '/lib/x86_64-linux-gnu';
  /** As the kernel starts it: the path of the foreign program, its argv[0], its arguments. */
  const start = async (program: string, options: readonly string[], ...given: readonly string[]) => {
    const path = join(folder, 'trampoline');
    const loader = `${LIBRARIES}/ld-linux-x86-64.so.2`;
    await writeFile(path, trampoline({ loader, libraries: [LIBRARIES], program, options }));
    await chmod(path, 0o755);
    return execa(path, given, { env: { KEPT: 'as it was' }, reject: false });
  };

  it('starts the program with the name, the arguments and the environment of the foreign one', async () => {
    const script = 'echo "$0|$#|$1|$2|$KEPT"; exit 7';
    const { stdout, exitCode } = await start(
      '/bin/sh',
      [],
      '/usr/bin/dash',
      '-sh',
      '-c',
      script,
      'me',
      'a b',
      '',
    );
    expect([stdout, exitCode]).toEqual(['me|2|a b||as it was', 7]);
  });

  it('puts options of its own before the arguments', async () => {
    const { stdout } = await start('/bin/echo', ['-n', 'first'], '/usr/bin/echo', 'echo', 'second');
    expect(stdout).toBe('first second');
  });

  it('says that it cannot start what is not there', async () => {
    expect((await start('/none', [], '/usr/bin/none', 'none')).exitCode).toBe(127);
  });
});

describe('a foreign root', () => {
  let quick: StageRig;
  let emulated: StageRig;
  const STEPS = [
    { uses: 'debootstrap', with: { suite: 'bookworm', documentation: false } },
    // Among them tools themselves, and scripts in perl.
    { uses: 'packages', with: { install: ['kmod', 'cpio', 'zstd', 'cron'] } },
    { uses: 'run', with: { script: 'uname -m >/srv/machine; cp /bin/sed /srv/sed' } },
    { uses: 'seal' },
  ];
  beforeAll(async () => {
    const recipe = { architecture: 'arm64' } as const;
    quick = await runStages(STEPS, { base: 'empty', recipe, native: true });
    emulated = await runStages(STEPS, { base: 'empty', recipe, lock: quick.lock });
  }, 1_800_000);
  afterAll(async () => {
    for (const rig of [quick, emulated]) await rig[Symbol.asyncDispose]();
  });

  it('is the same with native tools and without: every name, owner, mode, time, link and digest', async () => {
    expect([quick.failure, emulated.failure]).toEqual([undefined, undefined]);
    const [ours, plain] = [await quick.listing(), await emulated.listing()];
    expect(ours.length).toBeGreaterThan(3000);
    expect(ours.filter((line) => !plain.includes(line))).toEqual([]);
    expect(plain.filter((line) => !ours.includes(line))).toEqual([]);
  });

  it('had native tools only the first time', async () => {
    expect(await readdir(join(quick.folder, 'native'))).toContain('usr');
    expect(await readdir(emulated.folder)).not.toContain('native');
  });

  it('still says which machine it is for', async () => {
    expect(await quick.read('/srv/machine')).toBe('aarch64\n');
  });
});

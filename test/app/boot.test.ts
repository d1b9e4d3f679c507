/** What `boot` asks of the sandbox, and what it tells. The sandbox is played. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type BootNews, type BootRequest, bootByHand } from '../../app/boot.js';
import type { BootInside } from '../../app/inside/boot.js';
import { cellName } from '../../artifacts/platform/platform.js';
import { Failure } from '../../base/failure.js';
import { bootLines } from '../../cli/render/boot.js';
import { writeRelease } from '../cli/a-release.js';

const played = vi.hoisted(() => ({ enter: (_: unknown): Promise<unknown> => Promise.resolve(true) }));
vi.mock('../../pipeline/tools.js', () => ({ requireHost: () => Promise.resolve() }));
// Its image is one hole.
vi.mock('../../app/boot/accounts.js', () => ({
  accountsOf: () => Promise.resolve({ byPassword: ['admin'], byKey: [] }),
}));
vi.mock('../../pipeline/sandbox/enter.js', () => ({
  enterSandbox: ({ payload }: { payload: unknown }) => played.enter(payload),
}));

let folder: string;
let release: string;
let digest: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-by-hand-'));
  ({ path: release, digest } = await writeRelease(join(folder, 'release')));
});
afterEach(() => rm(folder, { recursive: true }));

interface Booted {
  readonly gate: BootInside['gate'];
  readonly told: string;
  /** Whether somebody was put at the console. */
  readonly sat: boolean;
  /** Bits of the folder of the sockets, while there was one. */
  readonly mode: number;
}

async function boot(change: Partial<BootRequest> = {}, byItself = true): Promise<Booted> {
  const news: BootNews[] = [];
  let [sat, mode] = [false, 0];
  let gate: BootInside['gate'] | undefined;
  played.enter = async (payload) => {
    ({ gate } = payload as BootInside);
    mode = (await stat(gate.sockets)).mode & 0o777;
    const console = connect(join(gate.sockets, 'console'));
    await new Promise((done) => console.once('data', done));
    console.destroy();
    return byItself;
  };
  const request: BootRequest = {
    ...{ release, ssh: false, display: false },
    accel: 'tcg',
    workspace: join(folder, 'work'),
    ...change,
  };
  const hands = {
    terminal: true,
    tell: (one: BootNews) => void news.push(one),
    sit: (console: { write: (text: string) => unknown }) => {
      sat = true;
      console.write('hello');
    },
  };
  const caller = { emit: () => undefined, signal: new AbortController().signal };
  await bootByHand(request, hands, caller);
  if (gate === undefined) throw new Error('nothing was booted');
  return { gate, told: news.flatMap(bootLines).join('\n'), sat, mode };
}

async function refusal(change: Partial<BootRequest>): Promise<Failure> {
  const error: unknown = await boot(change).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw new Error('it was not refused', { cause: error });
}

it('boots by the first cell that the release offers, with an account of its own, and leaves nothing', async () => {
  const { gate, told, sat, mode } = await boot();
  expect(cellName(gate.cell)).toBe('bios-san');
  expect(gate).toMatchObject({
    release,
    digest,
    accelerator: 'tcg',
    display: false,
    login: { name: 'lunsmith' },
  });
  expect(gate).not.toHaveProperty('keep');
  expect(gate).not.toHaveProperty('sshKey');
  expect([sat, mode]).toEqual([true, 0o700]);
  expect(told).toContain(`Log in as lunsmith with the password ${gate.login.password}: `);
  expect(told).toContain(
    'By itself the release lets in admin by the password that the recipe has the hash of.',
  );
  expect(told).toMatch(/The machine has switched itself off\.$/);
  await expect(stat(gate.sockets)).rejects.toThrow('ENOENT');
  expect(await readdir(folder)).toEqual(['release', 'work']);
  const again = await boot();
  expect(again.gate.login.password).not.toBe(gate.login.password);
});

it('keeps the LUN in a file, or in a file of the release in a folder, and says how to boot it again', async () => {
  const file = join(folder, 'my lun.img');
  const { gate, told } = await boot({ keep: file, cell: 'uefi-direct' }, false);
  expect(gate.keep).toBe(file);
  expect(gate.login.name).toMatch(/^lunsmith-[0-9a-f]{4}$/);
  expect(told).toContain(
    `The machine was cut off. Its LUN is ${file}.\nBoot it again: npx lunsmith boot ${release} --cell uefi-direct --keep '${file}'`,
  );
  const inFolder = await boot({ keep: folder });
  expect(basename(inFolder.gate.keep ?? '')).toMatch(new RegExp(`-${digest.slice(0, 12)}\\.img$`));
});

it('shows the screen on a port of the loopback', async () => {
  const { gate, told } = await boot({ display: true });
  expect(gate.display).toBe(true);
  expect(told).toMatch(
    /Its screen by VNC: 127\.0\.0\.1:\d+\. Whoever works on this host can see it and type there\./,
  );
});

it.each<[string, Partial<BootRequest>, object]>([
  [
    'a cell that there is not',
    { cell: 'bios-sun' },
    {
      expected: 'bios-san, uefi-san, bios-direct, uefi-direct',
      found: 'bios-sun',
      hint: 'Did you mean `bios-san`?',
    },
  ],
  ['one with a wrong secret', { cell: 'bios-san-wrong-secret' }, { found: 'bios-san-wrong-secret' }],
  [
    'a path that its target cannot take',
    { keep: '/tmp/a,b.img' },
    { expected: 'a path without a comma', found: '/tmp/a,b.img' },
  ],
  ['a LUN in the folder of a release', { keep: 'RELEASE/tried.img' }, { expected: 'another folder' }],
  ['the LUN of a release', { keep: 'RELEASE/disk.img' }, { expected: 'another folder' }],
  ['no release', { release: '/nowhere' }, { what: '/nowhere is not a release.' }],
])('refuses %s, before anything is made', async (_, change, told) => {
  const keep = change.keep?.replace('RELEASE', release);
  const { kind, diagnostics } = await refusal({ ...change, ...(keep === undefined ? {} : { keep }) });
  expect(kind).toBe('usage');
  expect(diagnostics[0]).toMatchObject(told);
  expect(await readdir(folder)).toEqual(['release']);
});

it('has its sockets where their addresses have room, however long the name of the temporary folder is', async () => {
  vi.stubEnv('TMPDIR', join(folder, 'x'.repeat(100)));
  const { gate, sat } = await boot();
  vi.unstubAllEnvs();
  expect(gate.sockets).toMatch(/^\/tmp\/lunsmith-boot-/);
  expect(sat).toBe(true);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { build } from '../../app/build.js';
import type { checkRecipes } from '../../app/check.js';
import type { prove } from '../../app/prove.js';
import type { Event } from '../../base/event.js';
import { Failure } from '../../base/failure.js';
import { createCommandLine } from '../../cli/command-line.js';
import { type Pipes, pipes } from './fake-terminal.js';

const fakes = vi.hoisted(() => ({
  build: vi.fn<typeof build>(),
  prove: vi.fn<typeof prove>(),
  checkRecipes: vi.fn<typeof checkRecipes>(),
}));
vi.mock('../../app/build.js', () => ({ build: fakes.build }));
vi.mock('../../app/prove.js', async (original) => ({ ...(await original<object>()), prove: fakes.prove }));
vi.mock('../../app/check.js', () => ({ checkRecipes: fakes.checkRecipes }));

const DIGEST = 'ab'.repeat(32);

beforeEach(() => {
  vi.resetAllMocks();
  vi.stubEnv('LUNSMITH_MIRROR', undefined);
  vi.stubEnv('LUNSMITH_WORKSPACE', undefined);
  fakes.checkRecipes.mockResolvedValue([]);
  fakes.build.mockResolvedValue([{ path: '/home/u/out/r/releases/x', digest: DIGEST }]);
  fakes.prove.mockResolvedValue([]);
});
afterEach(() => vi.unstubAllEnvs());

async function lunsmith(
  args: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<{ code: number; terminal: Pipes; out: string; err: string }> {
  const terminal = { ...pipes({ HOME: '/home/u' }) };
  const code = await createCommandLine(terminal, signal).run(args);
  return { code, terminal, out: terminal.out(), err: terminal.err() };
}

describe('usage', () => {
  it.each([
    [['biuld'], 'error: Unknown command `biuld`.\n  Hint: Did you mean build?\n'],
    [['build', 'r', '--jsno'], 'error: Unknown option `--jsno`.\n  Hint: Did you mean --json?\n'],
    [
      ['build'],
      'error: Missing required argument `recipe`.\n  Hint: `npx lunsmith --help` lists commands; each has its own --help.\n',
    ],
    [
      ['build', 'r', '--json', '--plain'],
      'error: Option `--json` cannot be used with option `--plain`.\n  Hint: `npx lunsmith --help` lists commands; each has its own --help.\n',
    ],
    [
      ['prove', 'r', '--firmware', 'bois'],
      'error: Option `--firmware <list>` argument `bois` is invalid. Expected bios, uefi, pi3, or several with commas between them; found `bois`.\n' +
        '  Hint: `npx lunsmith --help` lists commands; each has its own --help.\n',
    ],
    [
      ['build', 'r', '--set', 'disk'],
      'error: Option `--set <name=value>` argument `disk` is invalid. Expected NAME=VALUE.\n  Hint: `npx lunsmith --help` lists commands; each has its own --help.\n',
    ],
    [
      ['build', 'r', '--mirror', 'debian'],
      'error: Option `--mirror <url>` argument `debian` is invalid. Expected a URL such as http://mirror.example.org/debian.\n' +
        '  Hint: `npx lunsmith --help` lists commands; each has its own --help.\n',
    ],
    [
      ['shell', 'r', 'sh', '-c', 'ls'],
      'error: Unknown option `-c`.\n' +
        '  Hint: A command that is run inside stands after `--`, with its options: `npx lunsmith shell RELEASE -- COMMAND`.\n',
    ],
    [
      ['inspect', 'a', 'b'],
      'error: Too many arguments for `inspect`. Expected 1 argument but got 2.\n  Hint: `npx lunsmith --help` lists commands; each has its own --help.\n',
    ],
  ])('%j is refused', async (args, text) => {
    const { code, err, out } = await lunsmith(args);
    expect(err).toBe(text);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  it('without a command shows the help and fails', async () => {
    const { code, err, out } = await lunsmith([]);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err.startsWith('Usage: lunsmith [options] [command]')).toBe(true);
    expect(err.endsWith('error: No command given.\n  Hint: One of the commands above.\n')).toBe(true);
  });

  it('tells the version', async () => {
    expect(await lunsmith(['--version'])).toMatchObject({ code: 0, out: '0.1.0\n', err: '' });
  });

  it('explains a command of a command by `help` as by `--help`', async () => {
    const { code, out } = await lunsmith(['help', 'client', 'add']);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe('Usage: lunsmith client add [options] [clients...]');
    expect((await lunsmith(['client', 'add', '--help'])).out).toBe(out);
    expect((await lunsmith(['help'])).out).toContain('The main line:');
  });

  it.each(['check', 'build', 'prove', 'inspect', 'init', 'demo'])('explains %s', async (command) => {
    const { code, out, err } = await lunsmith([command, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.startsWith(`Usage: lunsmith ${command} [options]`)).toBe(true);
    expect((await lunsmith(['--help'])).out).toMatch(new RegExp(`^  ${command} `, 'm'));
  });
});

describe('build', () => {
  it('hands over what was asked, with absolute paths', async () => {
    const args = [
      'build',
      'r',
      '-o',
      'o',
      '--set',
      'a=1',
      '--set',
      'b=x=y',
      '--mirror',
      'http://mirror.example.org/debian',
      '--index-age',
      '10m',
    ];
    const { code, out } = await lunsmith(args);
    expect(code).toBe(0);
    expect(fakes.checkRecipes.mock.calls[0]?.[0]).toMatchObject({
      folders: ['/home/u/r'],
      variables: { a: '1', b: 'x=y' },
    });
    expect(fakes.build.mock.calls[0]?.[0]).toEqual({
      plans: [],
      twice: false,
      keepFailed: false,
      output: '/home/u/o',
      workspace: '/home/u/.cache/lunsmith',
      mirror: 'http://mirror.example.org/debian',
      indexAge: 600,
    });
    expect(out).toBe('Prove it: npx lunsmith prove out/r/releases/x\n');
  });

  it('takes mirror and workspace from the environment', async () => {
    vi.stubEnv('LUNSMITH_MIRROR', 'http://mirror.example.org/other');
    vi.stubEnv('LUNSMITH_WORKSPACE', 'work');
    await lunsmith(['build', 'r']);
    expect(fakes.build.mock.calls[0]?.[0]).toMatchObject({
      mirror: 'http://mirror.example.org/other',
      workspace: '/home/u/work',
    });
  });

  it('checks every recipe before it builds the first', async () => {
    fakes.checkRecipes.mockRejectedValue(new Failure('recipe', { what: 'The second is wrong.' }));
    const { code, err } = await lunsmith(['build', 'a', 'b']);
    expect(code).toBe(3);
    expect(err).toBe('error: The second is wrong.\n');
    expect(fakes.build).not.toHaveBeenCalled();
  });

  it('prints a failure as the last event, and nothing else', async () => {
    fakes.build.mockRejectedValue(
      new Failure('network', { what: 'The mirror is down.' }, { step: 'debootstrap' }),
    );
    const { code, out, err } = await lunsmith(['build', 'r', '--json']);
    expect(code).toBe(6);
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual({
      type: 'failed',
      failure: { kind: 'network', diagnostics: [{ what: 'The mirror is down.' }], step: 'debootstrap' },
      at: 0,
    });
  });

  it('calls what breaks after Ctrl-C interrupted', async () => {
    const controller = new AbortController();
    fakes.build.mockImplementation(() => {
      controller.abort();
      return Promise.reject(new Failure('tool', { what: 'Could not unpack.' }));
    });
    const { code, err } = await lunsmith(['build', 'r'], controller.signal);
    expect(code).toBe(130);
    expect(err).toBe('error: Interrupted.\n');
  });

  it('does not start the second recipe when it was interrupted', async () => {
    const controller = new AbortController();
    fakes.build.mockImplementation(() => {
      controller.abort();
      return Promise.resolve([{ path: '/home/u/out/r/releases/x', digest: DIGEST }]);
    });
    const { code } = await lunsmith(['build', 'a', 'b', '--prove'], controller.signal);
    expect(code).toBe(130);
    expect(fakes.build).toHaveBeenCalledTimes(1);
    expect(fakes.prove).not.toHaveBeenCalled();
  });

  it('reports a defect whole', async () => {
    fakes.build.mockRejectedValue(new TypeError('x is not a function'));
    const { code, err } = await lunsmith(['build', 'r']);
    expect(code).toBe(70);
    expect(err).toContain('error: TypeError: x is not a function\n    at ');
    expect(err.endsWith('  Hint: This is a defect of lunsmith: please report it with this text.\n')).toBe(
      true,
    );
  });
});

describe('prove', () => {
  const cells = async () =>
    fakes.prove.mock.calls
      .at(-1)?.[0]
      .cells({ platform: 'pc', boot: [] })
      .map(({ firmware, path, secret }) => `${firmware} ${path} ${secret}`);

  it('runs the whole matrix unless it is narrowed', async () => {
    await lunsmith(['prove', 'r']);
    expect(await cells()).toEqual([
      'bios san right',
      'uefi san right',
      'bios direct right',
      'uefi direct right',
      'bios san wrong',
      'bios direct wrong',
    ]);
    expect(fakes.prove.mock.calls[0]?.[0]).toMatchObject({
      release: '/home/u/r',
      accel: 'auto',
      workspace: '/home/u/.cache/lunsmith',
    });
  });

  it('runs what was asked for, still with a wrong secret', async () => {
    await lunsmith([
      'prove',
      'r',
      '--firmware',
      'uefi',
      '--path',
      'san',
      '--accel',
      'tcg',
      '--parallel',
      '3',
    ]);
    expect(await cells()).toEqual(['uefi san right', 'uefi san wrong']);
    expect(fakes.prove.mock.calls[0]?.[0]).toMatchObject({ accel: 'tcg', parallel: 3 });
  });
});

describe('inspect', () => {
  it('says what is no release', async () => {
    const { code, err } = await lunsmith(['inspect', 'nowhere']);
    expect(code).toBe(2);
    expect(err).toContain(
      'is not a release.\n  Expected: a folder with manifest.json in it\n  Found: no such folder\n',
    );
  });
});

describe('check', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lunsmith-check-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('tells all mistakes of all recipes, each in its place', async () => {
    const { checkRecipes } = await vi.importActual<typeof import('../../app/check.js')>('../../app/check.js');
    await writeFile(join(folder, 'recipe.yaml'), 'nmae: x\n');
    const failure = await checkRecipes(
      { folders: [folder, join(folder, 'none')], variables: {} },
      () => undefined,
    ).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    const { kind, diagnostics } = failure as Failure;
    expect(kind).toBe('recipe');
    expect(diagnostics[0].place?.file).toBe(join(folder, 'recipe.yaml'));
    expect(diagnostics.at(-1)?.what).toContain('none');
  });

  it('tells what is right as lines or as events', async () => {
    const plan = {
      recipe: { name: 'web', folder: '/home/u/web' },
      steps: [{ title: 'debootstrap  bookworm' }],
    };
    fakes.checkRecipes.mockResolvedValue([plan as never]);
    const { out } = await lunsmith(['check', 'web', '--steps']);
    expect(out).toBe('web: 1 step, nothing is missing  (web)\n   1  debootstrap  bookworm\n');
    const { out: events } = await lunsmith(['check', 'web', '--json']);
    expect(JSON.parse(events)).toMatchObject({
      ...{ type: 'checked', recipe: 'web', path: '/home/u/web' },
      steps: ['debootstrap  bookworm'],
    });
  });

  it('tells of a secret that a build will need', async () => {
    const { checkRecipes } = await vi.importActual<typeof import('../../app/check.js')>('../../app/check.js');
    await writeFile(
      join(folder, 'recipe.yaml'),
      `name: x\nextends: ${relative(folder, 'recipes/debian-bookworm')}\n` +
        'steps: [{ name: users, with: { root: { password-hash: env:NOT_SET_IN_A_TEST } } }]\n',
    );
    const events: Event[] = [];
    await checkRecipes({ folders: [folder], variables: {}, recipesOnly: true }, (event) =>
      events.push(event),
    ).catch((error: unknown) => events.push({ type: 'warning', message: String(error) }));
    expect(events).toMatchObject([
      {
        type: 'warning',
        message: 'x: The secret `env:NOT_SET_IN_A_TEST` is not there. A build needs it.',
        hint: 'Run the command as: NOT_SET_IN_A_TEST=… npx lunsmith …',
      },
    ]);
  });
});

/** `recipe.lock`: written, read, compared with its recipe, and every way in which it can be wrong. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { renderDiagnostics } from '../../../../base/diagnostic.js';
import { Failure } from '../../../../base/failure.js';
import {
  archivesOf,
  checkLock,
  type Lock,
  lockFile,
  packagesOf,
  parseLock,
  readLock,
  requestDigest,
  resolvingSteps,
  writeLock,
} from '../../../../pipeline/plan/lock/lock.js';
import { formatLock } from '../../../../pipeline/plan/lock/lock-text.js';
import type { Plan } from '../../../../pipeline/plan/plan.js';
import { type AnyStage, defineStage, type StageRegistry } from '../../../../pipeline/stage.js';
import { FAKE_REGISTRY, RIGHT, recipeRig } from '../../../util/recipe-rig.js';

const SHA = 'a'.repeat(64);

/** The stages of the recipe rig; two of them resolve packages. */
const REGISTRY: StageRegistry = new Map<string, AnyStage>([
  ...FAKE_REGISTRY,
  ...['bootstrap', 'packages'].map((name): [string, AnyStage] => {
    const stage = FAKE_REGISTRY.get(name) as AnyStage;
    const resolve = () => Promise.resolve({ packages: [], indexes: [] });
    const archives = ({ mirror }: { mirror: string | undefined }) =>
      Promise.resolve({ [name]: [`${mirror ?? 'http://mirror.example.org'}/${name}`] });
    const request = ({ retries: _, ...options }: Record<string, unknown>) => options;
    return [name, defineStage({ ...stage, resolve, archives, request })];
  }),
]);

async function planOf(text = RIGHT): Promise<Plan> {
  await using rig = await recipeRig({ 'r/recipe.yaml': text }, REGISTRY);
  const plan = await rig.plan('r');
  // Places are told as the user would see them.
  const place = (file: string) => file.replace(`${rig.root}/`, '');
  const steps = plan.steps.map((step) => ({
    ...step,
    place: { ...step.place, file: place(step.place.file) },
  }));
  return { ...plan, steps };
}

function lockOf(plan: Plan): Lock {
  return {
    format: 'lunsmith-lock/1',
    architecture: plan.recipe.architecture,
    indexes: [{ archive: 'main', suite: 'bookworm', date: '2026-01-02T03:04:05Z', sha256: SHA }],
    steps: resolvingSteps(plan).map((step) => ({
      step: step.id,
      request: requestDigest(step),
      packages: [
        {
          name: `of-${step.id}`,
          version: '1:2',
          architecture: 'all',
          archive: 'main',
          index: { Section: 'net', Priority: 'optional' },
          bytes: 7,
          sha256: SHA,
          path: 'pool/a.deb',
        },
      ],
    })),
  };
}

async function problems(work: () => unknown): Promise<string> {
  try {
    await work();
    return '';
  } catch (error) {
    const failure = Failure.from(error);
    expect(failure.kind).toBe('recipe');
    return renderDiagnostics(failure.diagnostics);
  }
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the text', () => {
  it('has one package a line', async () => {
    const plan = await planOf();
    const text = formatLock(lockOf(plan));
    const [bootstrap, packages] = resolvingSteps(plan).map(requestDigest);
    const line = (name: string) =>
      `        { "name": "${name}", "version": "1:2", "architecture": "all", "archive": "main", "index": { "Priority": "optional", "Section": "net" }, "bytes": 7, "sha256": "${SHA}", "path": "pool/a.deb" }`;
    expect(text.split('\n')).toEqual([
      '{',
      '  "format": "lunsmith-lock/1",',
      '  "architecture": "amd64",',
      '  "indexes": [',
      `    { "archive": "main", "suite": "bookworm", "date": "2026-01-02T03:04:05Z", "sha256": "${SHA}" }`,
      '  ],',
      '  "steps": [',
      '    {',
      '      "step": "bootstrap",',
      `      "request": "${bootstrap}",`,
      '      "packages": [',
      line('of-bootstrap'),
      '      ]',
      '    },',
      '    {',
      '      "step": "packages",',
      `      "request": "${packages}",`,
      '      "packages": [',
      line('of-packages'),
      '      ]',
      '    }',
      '  ]',
      '}',
      '',
    ]);
  });

  it('comes back as what was written, whatever it holds', () => {
    const word = fc.string({ minLength: 1, maxLength: 12 });
    const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
    const path = fc.stringMatching(/^[a-z0-9+~%]{1,9}(\/[a-z0-9+~%]{1,9}){0,3}$/);
    const bytes = fc.nat();
    const each = fc.record(
      {
        name: word,
        version: word,
        architecture: word,
        archive: word,
        bytes,
        sha256,
        path,
        index: fc.dictionary(word, word),
      },
      { requiredKeys: ['name', 'version', 'architecture', 'archive', 'bytes', 'sha256', 'path'] },
    );
    const lock = fc.record({
      format: fc.constant('lunsmith-lock/1' as const),
      architecture: fc.constantFrom('amd64' as const, 'arm64' as const),
      indexes: fc.array(fc.record({ archive: word, suite: word, date: word, sha256 }), { maxLength: 3 }),
      steps: fc.array(
        fc.record(
          {
            step: word,
            request: sha256,
            packages: fc.array(each, { maxLength: 4 }),
            tools: fc.array(each, { minLength: 1, maxLength: 2 }),
          },
          { requiredKeys: ['step', 'request', 'packages'] },
        ),
        {
          maxLength: 3,
        },
      ),
    });
    const property = fc.property(lock, (given) => {
      const text = formatLock(given);
      expect(parseLock(text, 'r/recipe.lock')).toEqual(given);
      expect(formatLock(parseLock(text, 'r/recipe.lock'))).toBe(text);
    });
    fc.assert(property, { seed: 1, numRuns: 200 });
  });
});

describe('the file', () => {
  it('is written whole, and read', async () => {
    const lock = lockOf(await planOf());
    expect(await readLock(folder)).toBeUndefined();
    await writeLock(folder, lock);
    expect(await readLock(folder)).toEqual(lock);
    expect(await readdir(folder)).toEqual(['recipe.lock']);
    expect(await readFile(lockFile(folder), 'utf8')).toBe(formatLock(lock));
  });

  it('leaves nothing behind when it cannot be written', async () => {
    const lock = lockOf(await planOf());
    await expect(writeLock(join(folder, 'none'), lock)).rejects.toThrow('ENOENT');
    expect(await readdir(folder)).toEqual([]);
  });

  it('knows the packages of a step', async () => {
    const lock = lockOf(await planOf());
    expect(packagesOf(lock, 'packages').map(({ name }) => name)).toEqual(['of-packages']);
    expect(packagesOf(lock, 'seal')).toEqual([]);
  });
});

describe('a lock that is wrong', () => {
  const HINT = '  Hint: Run `npx lunsmith lock r`.';
  const read = (text: string) => problems(() => parseLock(text, 'r/recipe.lock'));
  const right = async () => formatLock(lockOf(await planOf()));

  it('is cut short', async () => {
    expect(await read((await right()).slice(0, 50))).toBe(
      [
        'r/recipe.lock:3:18 The lock is broken here.',
        '  "architecture":',
        '                 ^',
        '  Expected: JSON as `lunsmith lock` writes it',
        HINT,
      ].join('\n'),
    );
  });

  it('is both sides of a merge', async () => {
    const text = (await right()).replace('  "indexes"', '<<<<<<< HEAD\n  "indexes"');
    expect(await read(text)).toBe(
      ['r/recipe.lock:4:1 The lock holds both sides of a merge.', '<<<<<<< HEAD', '^', HINT].join('\n'),
    );
  });

  it('is of a later version', async () => {
    expect(await read((await right()).replace('lock/1', 'lock/9'))).toBe(
      [
        'r/recipe.lock:2:3 The lock has a format that this version of lunsmith does not know.',
        '  "format": "lunsmith-lock/9",',
        '  ^^^^^^^^',
        '  Expected: lunsmith-lock/1',
        '  Found: lunsmith-lock/9',
        HINT,
      ].join('\n'),
    );
  });

  it('has a package without a digest', async () => {
    const shown = await read((await right()).replace(/"bytes": 7, "sha256": "[0-9a-f]+", /, '"bytes": 7, '));
    expect(shown).toMatch(/^r\/recipe\.lock:12:11 Missing key `sha256`\.\n/);
    expect(shown).toContain('  Expected: `sha256`: Digest of the package file.\n');
    expect(shown.endsWith(HINT)).toBe(true);
  });

  it.each([
    ['"sha256": "aa', '"sha256": "XX', 'Invalid value of `sha256`.'],
    ['"path": "pool/', '"path": "../', 'Invalid value of `path`.'],
    ['"path": "pool/', '"path": "/', 'Invalid value of `path`.'],
    ['"bytes": 7', '"bytes": -7', 'Invalid value of `bytes`.'],
    ['"bytes": 7', '"bytes": "7"', 'Wrong kind of value of `bytes`.'],
    ['"architecture": "amd64"', '"architecture": "mips"', 'Unknown value of `architecture`.'],
    ['"steps": [', '"step": [', 'Unknown key `step`.'],
  ])('has %s changed to %s', async (from, to, what) => {
    const text = await right();
    expect(text).toContain(from);
    const shown = await read(text.replace(from, to));
    expect(shown).toMatch(/^r\/recipe\.lock:\d+:\d+ /);
    expect(shown).toContain(what);
    expect(shown).toContain(HINT);
  });

  it.each(['', 'null', '[]', '7', '{}', '"x"'])('is %j', async (text) => {
    expect(await read(text)).toMatch(/^r\/recipe\.lock:1:1 /);
  });
});

describe('a lock and its recipe', () => {
  const HINT = '  Hint: Run `npx lunsmith lock r`.';
  const check = (plan: Plan, lock: Lock) => problems(() => checkLock(plan, lock, 'r/recipe.lock'));

  it('fit', async () => {
    const plan = await planOf();
    expect(await check(plan, lockOf(plan))).toBe('');
  });

  it('fit when an option changed that asks for nothing', async () => {
    const lock = lockOf(await planOf());
    const plan = await planOf(RIGHT.replace('      install: [', '      retries: 4\n      install: ['));
    expect(await check(plan, lock)).toBe('');
  });

  it('are for different architectures', async () => {
    const plan = await planOf();
    expect(await check(plan, { ...lockOf(plan), architecture: 'arm64' })).toBe(
      [
        'r/recipe.lock:3:3 The lock is for another architecture than the recipe.',
        '  "architecture": "arm64",',
        '  ^^^^^^^^^^^^^^',
        '  Expected: amd64',
        '  Found: arm64',
        HINT,
      ].join('\n'),
    );
  });

  it('ask for different packages', async () => {
    const lock = lockOf(await planOf());
    const plan = await planOf(RIGHT.replace('open-iscsi]', 'open-iscsi, zstd]'));
    expect(await check(plan, lock)).toBe(
      [
        'r/recipe.yaml:7:11 The step `packages` asks for other packages than when the lock was written.',
        '  - uses: packages',
        '          ^^^^^^^^',
        HINT,
      ].join('\n'),
    );
  });

  it('have different steps', async () => {
    const lock = lockOf(await planOf());
    const text = RIGHT.replace('  - uses: packages\n', '  - uses: packages\n    name: kernel\n');
    expect(await check(await planOf(text), lock)).toBe(
      [
        'r/recipe.yaml:7:11 The lock has no packages of the step `kernel`.',
        '  - uses: packages',
        '          ^^^^^^^^',
        HINT,
        '',
        'r/recipe.lock:16:7 The lock has packages of the step `packages`, which the recipe does not have.',
        '      "step": "packages",',
        '      ^^^^^^^^^^^^^^^^^^',
      ].join('\n'),
    );
  });

  it('have their steps in different orders', async () => {
    const plan = await planOf();
    const lock = lockOf(plan);
    expect(await check(plan, { ...lock, steps: lock.steps.toReversed() })).toBe(
      [
        'r/recipe.lock:7:3 The steps of the lock are in another order than those of the recipe.',
        '  "steps": [',
        '  ^^^^^^^',
        '  Expected: bootstrap, packages',
        '  Found: packages, bootstrap',
        HINT,
      ].join('\n'),
    );
  });
});

it('archives are those that the steps name', async () => {
  const plan = await planOf();
  expect(await archivesOf(plan, undefined)).toEqual({
    bootstrap: ['http://mirror.example.org/bootstrap'],
    packages: ['http://mirror.example.org/packages'],
  });
  expect(await archivesOf(plan, 'http://other.example.org')).toMatchObject({
    bootstrap: ['http://other.example.org/bootstrap'],
  });
});

it('a request is the stage and what it asks for', () => {
  const stage = (name: string, request?: (options: unknown) => unknown): AnyStage =>
    defineStage({
      name,
      summary: '',
      kind: 'rootfs',
      tools: [],
      options: z.strictObject({}),
      run: () => Promise.resolve(),
      ...(request === undefined ? {} : { request }),
    });
  const step = (of: AnyStage, options: unknown) =>
    requestDigest({ id: 'x', stage: of, options, title: '', place: { file: '', line: 1, column: 1 } });
  const plain = stage('a');
  expect(step(plain, { b: 1, a: 2 })).toBe(step(plain, { a: 2, b: 1 }));
  expect(step(plain, { a: 1 })).not.toBe(step(plain, { a: 2 }));
  expect(step(plain, {})).not.toBe(step(stage('b'), {}));
  const silent = stage('a', () => ({}));
  expect(step(silent, { a: 1 })).toBe(step(silent, { a: 2 }));
});

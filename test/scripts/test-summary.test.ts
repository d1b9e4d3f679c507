import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';

interface Line {
  readonly began?: string;
  readonly ended?: string;
  readonly seconds?: number;
  readonly processorSeconds?: number;
  readonly tests?: readonly {
    readonly name: string;
    readonly state: string;
    readonly seconds: number;
    readonly errors: readonly string[];
  }[];
  readonly errors?: readonly string[];
}

async function summary(
  report: readonly Line[] | string | undefined,
  status: number,
): Promise<{ code: number | undefined; lines: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-summary-'));
  try {
    const file = join(folder, 'report.jsonl');
    const text = typeof report === 'string' ? report : report?.map((line) => `${JSON.stringify(line)}\n`);
    if (text !== undefined) await writeFile(file, text);
    const run = await execa(process.execPath, ['scripts/test-summary.mjs', file, `${status}`], {
      reject: false,
    });
    return { code: run.exitCode, lines: run.stdout.replaceAll(folder, 'FOLDER').split('\n') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const ended = (name: string, ...states: readonly string[]): Line => ({
  ended: name,
  seconds: 0,
  tests: states.map((state, index) => ({
    ...{ name: `test ${index + 1}`, state, seconds: 0 },
    errors: state === 'failed' ? ['expected 2 to be 3\n    found: 2'] : [],
  })),
  errors: [],
});
const BEGAN = { began: 'a.test.ts' };
const GOOD = [BEGAN, ended('a.test.ts', 'passed', 'passed'), { errors: [] }];

it('counts what passed', async () => {
  expect(await summary(GOOD, 0)).toEqual({ code: 0, lines: ['2 passed, 0 failed'] });
});

it('counts failed, skipped and unloadable tests as failed, and errors of no file', async () => {
  const bad = ended('b.test.ts', 'failed', 'skipped', 'pending');
  const broken = { ...ended('c.test.ts'), errors: ['SyntaxError'] };
  expect(await summary([...GOOD, bad, broken, { errors: ['unhandled'] }], 1)).toEqual({
    code: 1,
    lines: [
      'failed: b.test.ts: test 1',
      '    expected 2 to be 3',
      '    found: 2',
      'not run (skipped): b.test.ts: test 2',
      'not run (pending): b.test.ts: test 3',
      'failed as a whole: c.test.ts: SyntaxError',
      'unhandled',
      '2 passed, 5 failed',
    ],
  });
});

it('tells which files a run that was cut off had begun, and believes no half of a line', async () => {
  const text = [...GOOD.slice(0, 2), { began: 'b.test.ts' }].map((line) => `${JSON.stringify(line)}\n`);
  expect(await summary(`${text.join('')}{"ended":"b.te`, 124)).toEqual({
    code: 1,
    lines: [
      'not ended: b.test.ts',
      'the tests took longer than they may and were ended',
      '2 passed, 2 failed',
    ],
  });
});

it('does not believe a run that failed without a failed test', async () => {
  expect(await summary(GOOD, 1)).toEqual({
    code: 1,
    lines: ['the test command ended with exit code 1', '2 passed, 1 failed'],
  });
});

it('does not take nothing for success', async () => {
  expect(await summary([], 0)).toEqual({ code: 1, lines: ['no test was run', '0 passed, 1 failed'] });
  const { code, lines } = await summary(undefined, 0);
  expect(code).toBe(1);
  expect(lines[0]).toMatch(/^there is no report: ENOENT/);
  expect(lines[1]).toBe('0 passed, 1 failed');
});

it('shows the slowest twenty files and tests first', async () => {
  const files = Array.from({ length: 25 }, (_, index) => ({
    ...ended(`${index}.test.ts`),
    seconds: index,
    ...(index === 24 ? { processorSeconds: 31.26 } : {}),
    tests: [{ name: 'works', state: 'passed', seconds: index / 2, errors: [] }],
  }));
  const { lines } = await summary(files, 0);
  expect(lines.slice(0, 3)).toEqual([
    'Slowest files: seconds, with hooks; of these by processors',
    '    24.0    31.3  24.test.ts',
    '    23.0          23.test.ts',
  ]);
  expect(lines.slice(20, 24)).toEqual([
    '     5.0          5.test.ts',
    '',
    'Slowest tests: seconds, without hooks',
    '    12.0  24.test.ts: works',
  ]);
  expect(lines.at(-1)).toBe('25 passed, 0 failed');
});

it('reads what the reporter writes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-report-'));
  try {
    const report = join(folder, 'report.jsonl');
    await writeFile(
      join(folder, 'some.test.ts'),
      `import { afterAll, describe, expect, it } from 'vitest';
      describe('these', () => { it('pass', () => undefined); it('fail', () => expect(1).toBe(2)); });
      const failure = { diagnostics: [{ what: 'too late', expected: 'noon', found: 'one' }], command: { lastLines: ['a', 'b'] } };
      describe('those', () => { afterAll(() => { throw Object.assign(new Error('too late'), failure); }); it('pass', () => undefined); });`,
    );
    const vitest = [join(process.cwd(), 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder];
    const reporter = `--reporter=${join(process.cwd(), 'scripts/test-report.mjs')}`;
    const run = await execa(process.execPath, [...vitest, reporter], {
      cwd: folder,
      env: { LUNSMITH_TEST_REPORT: report },
      reject: false,
    });
    expect(run.exitCode).toBe(1);
    const { stdout } = await execa(process.execPath, ['scripts/test-summary.mjs', report, '1'], {
      reject: false,
    });
    expect(stdout.split('\n').slice(-8)).toEqual([
      'failed: some.test.ts: these > fail',
      '    expected 1 to be 2 // Object.is equality',
      'failed as a whole: some.test.ts: too late',
      '    expected: noon',
      '    found: one',
      '    a',
      '    b',
      '2 passed, 2 failed',
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';

interface FileResult {
  readonly name: string;
  readonly status: 'passed' | 'failed';
  readonly message?: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

async function summary(
  testResults: readonly FileResult[] | undefined,
  status: number,
): Promise<{ code: number | undefined; lines: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-summary-'));
  try {
    const report = join(folder, 'report.json');
    if (testResults !== undefined) await writeFile(report, JSON.stringify({ testResults }));
    const run = await execa(process.execPath, ['scripts/test-summary.mjs', report, `${status}`], {
      reject: false,
    });
    return { code: run.exitCode, lines: run.stdout.replaceAll(folder, 'FOLDER').split('\n') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const GOOD: FileResult = {
  name: 'a.test.ts',
  status: 'passed',
  assertionResults: [
    { status: 'passed', fullName: 'a one' },
    { status: 'passed', fullName: 'a two' },
  ],
};

it('counts what passed', async () => {
  expect(await summary([GOOD], 0)).toEqual({ code: 0, lines: ['2 passed, 0 failed'] });
});

it('counts failed, skipped and unloadable tests as failed', async () => {
  const bad: FileResult = {
    name: 'b.test.ts',
    status: 'failed',
    assertionResults: [
      { status: 'failed', fullName: 'b one' },
      { status: 'skipped', fullName: 'b two' },
      { status: 'todo', fullName: 'b three' },
    ],
  };
  const broken: FileResult = {
    name: 'c.test.ts',
    status: 'failed',
    message: 'SyntaxError',
    assertionResults: [],
  };
  expect(await summary([GOOD, bad, broken], 1)).toEqual({
    code: 1,
    lines: [
      'failed: b.test.ts: b one',
      'not run (skipped): b.test.ts: b two',
      'not run (todo): b.test.ts: b three',
      'failed as a whole: c.test.ts: SyntaxError',
      '2 passed, 4 failed',
    ],
  });
});

it('does not believe a run that failed without a failed test', async () => {
  expect(await summary([GOOD], 1)).toEqual({
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

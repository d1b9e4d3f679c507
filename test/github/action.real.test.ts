/** The action's steps: each script is a sound one, and each input that it takes is one that there is. */
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { readAction } from '../util/action.js';

describe('the action', async () => {
  const { inputs, steps } = await readAction();
  const scripts = steps.filter(({ run }) => run !== undefined);

  it.each(scripts.map((step) => [step.name, step] as const))(
    'shellcheck accepts: %s',
    async (_, { run = '' }) => {
      const result = await execa('shellcheck', ['--shell=bash', '-'], { input: run, reject: false });
      expect(result.stdout).toBe('');
      expect(result.exitCode).toBe(0);
    },
  );

  it('hands inputs over by the environment, never by pasting them into a script', () => {
    expect(scripts.filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });

  it('takes all of its inputs and no others', async () => {
    const text = await readFile('.github/actions/lunsmith/action.yml', 'utf8');
    const used = [...text.matchAll(/inputs\.([a-z-]+)/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual([...inputs].sort());
  });

  it('is given all that the workflow knows', async () => {
    const text = await readFile('.github/workflows/images.yml', 'utf8');
    const used = [...text.matchAll(/\$\{\{ .*?inputs\.([a-z-]+).*?\}\}/g)].map(([, name]) => name ?? '');
    expect(inputs.filter((name) => name !== 'output' && !used.includes(name))).toEqual([]);
  });
});

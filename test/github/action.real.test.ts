/** The action's steps: each script is a sound one, and each input that it takes is one that there is. */
import { readFile, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../artifacts/formats/tools.js';
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

  it.each([
    ['recipes/web\n', 0, ''],
    ['\n  recipes/web\n\n', 0, ''],
    [
      'recipes/web\nrecipes/database\n',
      1,
      '::error::A channel is at one release: name one recipe, or no channel.',
    ],
  ])('promotes one recipe to a channel: %j', async (RECIPES, code, out) => {
    const script = steps.find(({ name }) => name === 'Check')?.run ?? '';
    const argv = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script];
    const { exitCode, stdout } = await execa('bash', argv, { env: { RECIPES }, reject: false });
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: out });
  });

  it('names its cache by its recipes, one that is saved as it will be looked for', async () => {
    const script = steps.find(({ name }) => name === 'Name the cache')?.run ?? '';
    const argv = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script];
    await using folder = await testFolder();
    const nameOf = async (RECIPES: string) => {
      await writeFile(folder.at('output'), '');
      await execa('bash', argv, { env: { RECIPES, GITHUB_OUTPUT: folder.at('output') } });
      return await readFile(folder.at('output'), 'utf8');
    };
    const name = await nameOf('recipes/web\n');
    expect(name).toMatch(/^recipes=[0-9a-f]{12}\n$/);
    expect(await nameOf('\nrecipes/web\n\n')).toBe(name);
    expect(await nameOf('recipes/database\n')).not.toBe(name);
    const key = (step: string) => steps.find((each) => each.name === step)?.with?.['key'];
    expect(key('Save the cache')).toBe(key('Restore the cache'));
    expect(key('Save the cache')).toContain('steps.cache.outputs.recipes');
  });

  it.each([
    ['A=1\n\nB=x=y \n', 0, '::add-mask::1\n::add-mask::x=y \n1|x=y |gone'],
    ['', 0, '||gone'],
    ['secret-value\n', 1, '::error::A line of the input secrets is not NAME=VALUE.'],
    ['A B=secret-value\n', 1, '::error::A line of the input secrets is not NAME=VALUE.'],
  ])('hands secrets to the build by their names, and masks them: %j', async (SECRETS, code, out) => {
    const script = steps.find(({ name }) => name === 'Build')?.run ?? '';
    await using folder = await testFolder();
    await writeFile(folder.at('node'), '#!/bin/sh\necho "$A|$B|${SECRETS-gone}"\n', { mode: 0o755 });
    const PATH = `${folder.at('')}:${process.env['PATH'] ?? ''}`;
    const argv = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script];
    const env = {
      PATH,
      RECIPES: 'recipes/web\n',
      OUTPUT: 'out',
      WORKSPACE: 'work',
      SECRETS,
      GITHUB_ACTION_PATH: '/a',
    };
    const { exitCode, stdout } = await execa('bash', argv, { env, reject: false });
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: out });
  });

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
    expect(text).toContain('secrets: ${{ secrets.recipe-secrets }}');
    const used = [...text.matchAll(/\$\{\{ .*?inputs\.([a-z-]+).*?\}\}/g)].map(([, name]) => name ?? '');
    expect(inputs.filter((name) => !['output', 'secrets'].includes(name) && !used.includes(name))).toEqual(
      [],
    );
  });
});

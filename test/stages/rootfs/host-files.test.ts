/** Recipes that were checked out on Windows, or lie on a file system without modes. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { digestInput } from '../../../pipeline/plan/keys/input-files.js';
import type { StageDefinition } from '../../../pipeline/stage.js';
import { stages } from '../../../stages/index.js';
import { foreignFiles } from '../../../stages/rootfs/host-files.js';
import { type TestFolder, testFolder } from '../../artifacts/formats/tools.js';
import { RIG_RECIPE } from '../../util/rig-recipe.js';

const SCRIPT = '#!/bin/sh\necho hello\n';

function lay(folder: TestFolder, files: Readonly<Record<string, string>>, mode = 0o644): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(folder.at(name)), { recursive: true });
    writeFileSync(folder.at(name), text);
    chmodSync(folder.at(name), mode);
  }
}

function check(uses: string, options: object, folder: string) {
  const stage: StageDefinition | undefined = stages.get(uses);
  const given: unknown = stage?.options.parse(options);
  const recipe = { ...RIG_RECIPE, folder };
  return stage?.check?.({ options: given, recipe, step: uses, order: [uses], index: 0 } as never) ?? [];
}

it('a script whose first line ends in a carriage return is refused', async () => {
  await using folder = await testFolder();
  lay(folder, { 'setup.sh': SCRIPT.replaceAll('\n', '\r\n'), 'right.sh': SCRIPT, empty: '' });
  expect(check('run', { file: 'setup.sh' }, folder.path)).toEqual([
    {
      path: ['file'],
      what: 'Line 1 of setup.sh ends in a carriage return: no interpreter has such a name.',
      expected: 'lines that end in a line feed alone',
      hint: 'git makes them on Windows: put `* text=auto eol=lf` into .gitattributes and check the file out anew.',
    },
  ]);
  expect(check('run', { file: 'right.sh' }, folder.path)).toEqual([]);
  expect(check('run', { file: 'empty' }, folder.path)).toEqual([]);
});

it('text files with carriage returns are told of; what is no text may hold them', async () => {
  await using folder = await testFolder();
  lay(folder, { 'files/etc/motd': 'Hello\r\n', 'files/etc/issue': 'Hello\n', 'files/logo': 'a\0\r\n' });
  const findings = check('files', { source: 'files' }, folder.path);
  expect(findings).toMatchObject([
    {
      path: ['source'],
      warning: true,
      what: '1 text file has carriage returns at the ends of lines: /etc/motd.',
    },
  ]);
});

it('a file system on which every file is executable is told of, with what to write instead', async () => {
  await using folder = await testFolder();
  const files = { 'files/etc/motd': 'Hello\n', 'files/usr/local/bin/tool': SCRIPT };
  lay(folder, files, 0o777);
  const [finding, ...others] = check('files', { source: 'files' }, folder.path);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    warning: true,
    found: '/etc/motd',
    hint: 'Say in the step which ones are programs: modes: { executable: [/usr/local/bin/tool] }',
  });
  const modes = { executable: ['/usr/local/bin/*'] };
  expect(check('files', { source: 'files', modes }, folder.path)).toEqual([]);
  lay(folder, files);
  expect(check('files', { source: 'files' }, folder.path)).toEqual([]);
});

it('where git knows the files, its index says which ones are programs', async () => {
  await using folder = await testFolder();
  const git = (...args: string[]) => execFileSync('git', ['-C', folder.path, ...args]);
  lay(folder, {
    'recipe/files/etc/motd': 'Hello\n',
    'recipe/files/opt/data': 'x\n',
    'recipe/files/opt/run': SCRIPT,
  });
  chmodSync(folder.at('recipe/files/opt/data'), 0o755);
  git('init', '-q');
  git('add', '.');
  lay(folder, { 'recipe/files/etc/motd': 'Hello\n', 'recipe/files/opt/run': SCRIPT }, 0o777);
  const [finding] = foreignFiles(join(folder.path, 'recipe/files'), ['source'], false);
  expect(finding?.hint).toContain('executable: [/opt/data]');
});

it('names that are not UTF-8 are refused, before anything else is looked at', async () => {
  await using folder = await testFolder();
  lay(folder, { 'files/etc/motd': 'Hello\n' });
  const name = Buffer.concat([Buffer.from(folder.at('files/caf')), Buffer.from([0xe9])]);
  writeFileSync(name, '');
  expect(check('files', { source: 'files', rules: [{ match: '/nothing' }] }, folder.path)).toEqual([
    {
      path: ['source'],
      what: '1 file name is not UTF-8.',
      found: 'caf\\xE9',
      hint: 'Rename the files. A `run` step can give a file of the image any name.',
    },
  ]);
  await expect(digestInput(folder.path)).rejects.toMatchObject({
    kind: 'recipe',
    diagnostics: [{ found: 'caf\\xE9' }],
  });
});

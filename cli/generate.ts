/**
 * Writes what follows from the schemas: schemas/*.schema.json, docs/stages.md, the tables of docs/recipe.md and docs/site.md; and man/lunsmith.1
 * from the commands.
 * With `--check` it writes nothing and exits with 1 when one of them is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { packageFile } from '../base/package-root.js';
import { fillParts } from '../base/schema/markdown.js';
import { siteJsonSchema } from '../hosts/site/site-json-schema.js';
import { siteParts } from '../hosts/site/site-reference.js';
import { recipeJsonSchema } from '../pipeline/recipe/json-schema.js';
import { recipeParts, type StepExamples, stagesPage } from '../pipeline/recipe/reference.js';
import { stepExamples } from '../pipeline/recipe/step-examples.js';
import { stages } from '../stages/index.js';
import { allCommands } from './command-line.js';
import { manualPage } from './man/page.js';
import { systemClock, type Terminal } from './terminal.js';

/** Recipes that the examples are taken from, the one to read first first. */
const RECIPES = ['debian-bookworm', 'debian-trixie'];

/** The page is the same whoever makes it. */
const NOBODY: Terminal = {
  stdout: { write: () => undefined },
  stderr: { write: () => undefined },
  env: {},
  cwd: '/',
  clock: systemClock,
};

/** The generated files, by path in the package. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['schemas/recipe.schema.json', `${JSON.stringify(recipeJsonSchema(stages), null, 1)}\n`],
    ['schemas/site.schema.json', `${JSON.stringify(siteJsonSchema(), null, 1)}\n`],
    ['docs/stages.md', stagesPage(stages, await examples())],
    ['docs/recipe.md', fillParts(await readFile(packageFile('docs/recipe.md'), 'utf8'), recipeParts())],
    ['man/lunsmith.1', manualPage(await allCommands(NOBODY))],
    ['docs/site.md', fillParts(await readFile(packageFile('docs/site.md'), 'utf8'), siteParts())],
  ]);
}

async function examples(): Promise<StepExamples> {
  const found = new Map<string, { recipe: string; yaml: string }>();
  for (const recipe of RECIPES) {
    const path = `recipes/${recipe}/recipe.yaml`;
    for (const [uses, yaml] of stepExamples(await readFile(packageFile(path), 'utf8'))) {
      if (!found.has(uses)) found.set(uses, { recipe: path, yaml });
    }
  }
  return found;
}

/** Paths of generated files that are not what they would be. */
export async function staleFiles(): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of await generatedFiles()) {
    const now = await readFile(packageFile(path), 'utf8').catch(() => undefined);
    if (now !== text) stale.push(path);
  }
  return stale;
}

async function main(args: readonly string[]): Promise<number> {
  const stale = await staleFiles();
  if (args.includes('--check')) {
    for (const path of stale) process.stderr.write(`${path} is stale: run \`npm run generate\`.\n`);
    return stale.length === 0 ? 0 : 1;
  }
  const files = await generatedFiles();
  for (const path of stale) await writeFile(packageFile(path), files.get(path) ?? '');
  process.stdout.write(
    stale.length === 0
      ? 'All generated files are up to date.\n'
      : stale.map((path) => `Wrote ${path}.\n`).join(''),
  );
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));

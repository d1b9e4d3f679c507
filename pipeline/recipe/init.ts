/** A recipe to start from: a shipped recipe under another name. */
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Failure } from '../../base/failure.js';
import { packageFile } from '../../base/package-root.js';
import { RECIPE_FILE } from './files.js';
import { RECIPE_NAME } from './schema.js';

/**
 * Creates a recipe in `folder`, named after it. The folder appears by one rename, complete or not at all.
 * @param template name of the shipped recipe
 * @throws Failure of kind `usage` when there is something already
 */
export async function initRecipe(folder: string, template: string): Promise<void> {
  const target = resolve(folder);
  await refuseExisting(target, folder);
  await mkdir(dirname(target), { recursive: true });
  const draft = `${target}.new-${process.pid}`;
  try {
    await cp(packageFile(join('recipes', template)), draft, {
      recursive: true,
      filter: (path) => basename(path) !== 'node_modules',
    });
    await renameRecipe(draft, target);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR' ? occupied(folder) : error;
  }
}

/** The name that a folder's recipe gets: `My Recipe` becomes `my-recipe`. */
export function recipeNameFor(folder: string): string {
  const words = basename(folder)
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const name = words.join('-').slice(0, 63).replace(/-$/, '');
  return RECIPE_NAME.test(name) ? name : ['recipe', ...words].join('-').slice(0, 63).replace(/-$/, '');
}

async function renameRecipe(draft: string, target: string): Promise<void> {
  const name = recipeNameFor(target);
  const recipe = join(draft, RECIPE_FILE);
  const text = await readFile(recipe, 'utf8');
  const schema = relative(target, packageFile('schemas/recipe.schema.json'));
  const renamed = text
    .replace(/^name: .*$/m, `name: ${name}`)
    .replace(/^(# yaml-language-server: \$schema=).*$/m, `$1${schema}`);
  await writeFile(recipe, renamed);
  const manifest = join(draft, 'package.json');
  const { description: _, ...pack } = JSON.parse(await readFile(manifest, 'utf8')) as Record<string, unknown>;
  await writeFile(manifest, `${JSON.stringify({ ...pack, name, version: '0.1.0' }, null, 2)}\n`);
}

async function refuseExisting(target: string, folder: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw occupied(folder);
  }
  if (names.length > 0) throw occupied(folder);
}

function occupied(folder: string): Failure {
  return new Failure('usage', {
    what: `${folder} exists already.`,
    expected: 'a folder that does not exist, or an empty one',
    hint: 'Choose another name; nothing was changed.',
  });
}

/** Names and digests of what a step takes from the recipe's folder. */
import { hash } from 'node:crypto';
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { sha256OfText } from '../../../base/digest.js';
import { RECIPE_FILE } from '../../recipe/files.js';
import type { Recipe } from '../../recipe/recipe.js';

/**
 * Names of inputs by their paths as the options have them: what lies in a recipe that is extended has there and here the
 * same name, so that both recipes share the step. Two files that would have one name keep their paths.
 */
export function inputNames(
  { folder, sources }: Pick<Recipe, 'folder' | 'sources'>,
  paths: readonly string[],
): ReadonlyMap<string, string> {
  const folders = [folder, ...sources.filter((path) => basename(path) === RECIPE_FILE).map(dirname)];
  const named = [...new Set(paths)].sort().map((path): [string, string] => {
    if (isAbsolute(path)) return [path, path];
    const names = folders.map((each) => relative(each, join(folder, path)));
    const inside = names.filter((name) => !name.startsWith('..')).sort((a, b) => a.length - b.length);
    return [path, inside[0] ?? path];
  });
  const all = named.map(([, name]) => name);
  return new Map(
    named.map(([path, name]) => [path, all.indexOf(name) === all.lastIndexOf(name) ? name : path]),
  );
}

/** Digests of a step's files, by their names. */
export async function digestInputs(
  recipe: Pick<Recipe, 'folder' | 'sources'>,
  paths: readonly string[],
): Promise<Record<string, string>> {
  const digests = [...inputNames(recipe, paths)].map(
    async ([path, name]): Promise<[string, string]> => [
      name,
      await digestInput(isAbsolute(path) ? path : join(recipe.folder, path)),
    ],
  );
  return Object.fromEntries(await Promise.all(digests));
}

/**
 * The digest of a file or folder, lower-case hex: kinds, names, contents and whether the owner may execute; other
 * permission bits and times depend on how the folder was copied. What is not there has a digest too.
 * @param path when it is a symlink, what it leads to counts, as it does for a reader of the input
 * @param ignore names in the folder itself that do not count
 */
export async function digestInput(path: string, ignore: ReadonlySet<string> = new Set()): Promise<string> {
  const real = await realpath(path).catch(() => path);
  return sha256OfText(`${(await describe(real, '', ignore)).join('\n')}\n`);
}

async function describe(
  path: string,
  name: string,
  ignore: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const facts = await lstat(path).catch(() => undefined);
  const shown = JSON.stringify(name);
  if (facts === undefined) return [`absent ${shown}`];
  if (facts.isSymbolicLink()) return [`link ${shown} ${JSON.stringify(await readlink(path))}`];
  if (facts.isDirectory()) {
    const names = (await readdir(path)).filter((each) => !ignore.has(each)).sort();
    const below = await Promise.all(names.map((each) => describe(join(path, each), join(name, each))));
    return [`directory ${shown}`, ...below.flat()];
  }
  if (!facts.isFile()) return [`special ${shown}`];
  const sha256 = hash('sha256', await readFile(path));
  return [`${(facts.mode & 0o100) === 0 ? 'file' : 'program'} ${shown} ${sha256}`];
}

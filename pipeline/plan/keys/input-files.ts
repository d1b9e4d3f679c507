/** Names and digests of what a step takes from the recipe's folder. */
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { sha256File } from '../../../artifacts/formats/file-digest.js';
import { sha256OfText } from '../../../base/digest.js';
import { Failure } from '../../../base/failure.js';
import { shownName, utf8Name } from '../../../base/utf8-name.js';
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
 * @throws Failure of kind `recipe` for a name that is not UTF-8
 */
export async function digestInput(path: string, ignore: ReadonlySet<string> = new Set()): Promise<string> {
  const real = await realpath(path).catch(() => path);
  const lines: string[] = [];
  for (let at = 0, all = await describe(real, '', ignore); at < all.length; at += WIDTH) {
    lines.push(...(await Promise.all(all.slice(at, at + WIDTH).map((line) => line()))));
  }
  return sha256OfText(`${lines.join('\n')}\n`);
}

/** Files that are open at once. */
const WIDTH = 32;
/** A line of the description, which may need the content of a file. */
type Line = () => Promise<string>;

async function describe(
  path: string,
  name: string,
  ignore: ReadonlySet<string> = new Set(),
): Promise<Line[]> {
  const facts = await lstat(path).catch(() => undefined);
  const shown = JSON.stringify(name);
  if (facts === undefined) return [() => Promise.resolve(`absent ${shown}`)];
  if (facts.isSymbolicLink()) return [async () => `link ${shown} ${JSON.stringify(await readlink(path))}`];
  if (facts.isDirectory()) {
    const names = (await namesIn(path)).filter((each) => !ignore.has(each)).sort();
    const lines: Line[] = [() => Promise.resolve(`directory ${shown}`)];
    for (const each of names) lines.push(...(await describe(join(path, each), join(name, each))));
    return lines;
  }
  if (!facts.isFile()) return [() => Promise.resolve(`special ${shown}`)];
  const kind = (facts.mode & 0o100) === 0 ? 'file' : 'program';
  return [async () => `${kind} ${shown} ${await sha256File(path)}`];
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { encoding: 'buffer' })).map((name) => {
    const text = utf8Name(name);
    if (text !== undefined) return text;
    throw new Failure('recipe', {
      what: `A file name in ${folder} is not UTF-8.`,
      found: shownName(name),
      hint: 'Rename it. A `run` step can give a file of the image any name.',
    });
  });
}

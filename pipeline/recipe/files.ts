/** Finding and reading the files of a recipe: recipe.yaml, the recipes it extends, package.json. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { type Diagnostic, Failure, type SourcePlace } from '../../base/failure.js';
import { packageFile } from '../../base/package-root.js';
import { didYouMean, oneOf, slashesMeant } from '../../base/suggest.js';
import { readText } from '../../base/text-file.js';
import { child, type MapNode, placeAt } from '../../base/yaml/node.js';
import { parseYamlAside } from '../../base/yaml/parse-aside.js';
import { placeOf, type SourceText, startOf } from '../../base/yaml/source.js';

export const RECIPE_FILE = 'recipe.yaml';

export interface RecipeTree {
  readonly source: SourceText;
  readonly root: MapNode;
}

/**
 * The recipe of a folder and those it extends, the farthest ancestor last.
 * @throws Failure of kind `recipe`
 */
export async function readRecipeChain(folder: string): Promise<readonly [RecipeTree, ...RecipeTree[]]> {
  const first = await readRecipeFile(folder, resolve(folder), undefined);
  const chain: [RecipeTree, ...RecipeTree[]] = [first];
  const seen = [await realpath(first.source.folder)];
  for (let { root, source } = first; ; { root, source } = chain.at(-1) ?? first) {
    const link = child(root, 'extends');
    if (link === undefined) return chain;
    const place = placeAt(root, ['extends']);
    if (link.kind !== 'scalar' || typeof link.value !== 'string' || link.value === '') {
      throw new Failure('recipe', {
        what: 'Wrong kind of value of `extends`.',
        place,
        expected: 'the folder of another recipe, relative to this one',
      });
    }
    const next = await readParent(link.value, source, place);
    const real = await realpath(next.source.folder);
    if (seen.includes(real)) {
      const round = [
        ...seen
          .slice(seen.indexOf(real))
          .map((_, index) => chain[index + seen.indexOf(real)]?.source.file ?? ''),
        next.source.file,
      ];
      throw new Failure('recipe', {
        what: 'The recipe extends itself.',
        place,
        found: round.join(' -> '),
        hint: 'Remove one of these `extends`.',
      });
    }
    seen.push(real);
    chain.push(next);
  }
}

/** What comes with lunsmith is named so, wherever lunsmith is installed; a folder of that name beside the recipe comes first. */
const SHIPPED = /^lunsmith\/recipes\/([^/]+)\/?$/;

/** The recipe that `extends` in `source` names. */
async function readParent(named: string, source: SourceText, place: SourcePlace): Promise<RecipeTree> {
  const beside = resolve(source.folder, named);
  const shipped = SHIPPED.exec(named)?.[1];
  if (shipped === undefined || (await kindOf(beside)) !== undefined) {
    const shown = isAbsolute(named) ? named : join(source.file, '..', named);
    return readRecipeFile(shown, beside, { what: '', place });
  }
  const recipes = packageFile('recipes');
  const names = (await readdir(recipes)).sort();
  if (!names.includes(shipped)) {
    throw new Failure('recipe', {
      what: `lunsmith comes with no recipe \`${shipped}\`.`,
      place,
      expected: `lunsmith/recipes/NAME: ${oneOf(names)}`,
      ...didYouMean(shipped, names),
    });
  }
  return readRecipeFile(join(recipes, shipped), join(recipes, shipped), { what: '', place });
}

/** `shown` is the folder as the user knows it; `from` is the `extends` that led here. */
async function readRecipeFile(
  shown: string,
  folder: string,
  from: Diagnostic | undefined,
): Promise<RecipeTree> {
  const source = await readSource(shown, folder, from);
  const parsed = await parseYamlAside(source);
  if ('problems' in parsed) throw new Failure('recipe', parsed.problems);
  if (parsed.root.kind !== 'map') {
    throw new Failure('recipe', {
      what: 'A recipe is a map.',
      place: parsed.root.start < source.text.length ? placeOf(parsed.root) : startOf(source),
      expected: 'keys such as `name:`, `steps:`, `disk:` and `kernel:` at the left margin',
    });
  }
  return { source, root: parsed.root };
}

async function readSource(shown: string, folder: string, from: Diagnostic | undefined): Promise<SourceText> {
  const place = from?.place === undefined ? {} : { place: from.place };
  const kind = await kindOf(folder);
  if (kind === undefined) {
    throw new Failure('recipe', {
      what: `There is no folder ${shown}.`,
      ...place,
      expected: `a folder that holds ${RECIPE_FILE}`,
      ...(from === undefined ? { hint: 'Run `npx lunsmith init FOLDER` to create a recipe.' } : {}),
      ...slashesMeant(shown),
    });
  }
  if (kind !== 'folder') {
    throw new Failure('recipe', {
      what: `${shown} is no folder.`,
      ...place,
      expected: `the folder that holds ${RECIPE_FILE}`,
    });
  }
  const file = join(shown, RECIPE_FILE);
  if ((await kindOf(join(folder, RECIPE_FILE))) !== 'file') {
    const yml = (await kindOf(join(folder, 'recipe.yml'))) === 'file';
    throw new Failure('recipe', {
      what: `The folder ${shown} holds no ${RECIPE_FILE}.`,
      ...place,
      ...(yml
        ? { found: 'recipe.yml', hint: `Rename it to ${RECIPE_FILE}.` }
        : { hint: 'Name the folder of a recipe; `npx lunsmith init FOLDER` creates one.' }),
    });
  }
  return { file, folder, text: await readText(join(folder, RECIPE_FILE), file) };
}

async function kindOf(path: string): Promise<'folder' | 'file' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return undefined;
  }
}

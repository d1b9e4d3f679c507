/** From a folder to a Recipe: read, extend, substitute, validate, normalise. */
import { join } from 'node:path';
import type { DiskSpec } from '../../artifacts/formats/disk-spec.js';
import { notBuiltWord } from '../../artifacts/platform/not-built.js';
import { platformArchitectures } from '../../artifacts/platform/platform-architectures.js';
import { throwIfAny } from '../../base/diagnostic.js';
import { canonicalJson, sha256OfText } from '../../base/digest.js';
import { type Diagnostic, Failure, type SourcePlace } from '../../base/failure.js';
import { validate } from '../../base/schema/validate.js';
import { oneOf } from '../../base/suggest.js';
import {
  child,
  type MapNode,
  pickKeys,
  placeAt,
  type ScalarNode,
  toPlain,
  withEntries,
} from '../../base/yaml/node.js';
import { placeOf, startOf } from '../../base/yaml/source.js';
import type { Architecture } from '../recipe-facts.js';
import type { StageRegistry } from '../stage.js';
import { diskFindings, normaliseDisk, normaliseLoader, type WrittenDisk } from './disk.js';
import { mergeRecipes } from './extend.js';
import { type RecipeTree, readRecipeChain } from './files.js';
import { checkKernelParameter, holdsSecret, withoutValue } from './kernel-command-line.js';
import { readRecipePackage } from './package.js';
import { DEFAULT_EPOCH, type Recipe } from './recipe.js';
import { type RecipeFile, recipeSchema, recipeWithDiskSchema } from './schema.js';
import { readOutputs, stageSections, usedStages, withoutOutputKeys } from './sections.js';
import { readSteps } from './steps.js';
import { variableValues } from './variable-values.js';
import { substitute } from './variables.js';

export interface LoadSettings {
  /** Values of `--set`, by variable. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Seconds since 1970 that override the recipe's `epoch`; default: the environment variable SOURCE_DATE_EPOCH. */
  readonly sourceDateEpoch?: string;
}

/**
 * The recipe of a folder.
 * @throws Failure of kind `recipe` with everything that is wrong, sorted by place
 */
export async function loadRecipe(
  folder: string,
  registry: StageRegistry,
  settings: LoadSettings = {},
): Promise<Recipe> {
  const chain = await readRecipeChain(folder);
  const [{ source, root: own }] = chain;
  const { tree, problems, warnings, broken } = resolveTree(chain, registry, settings.variables ?? {});
  const later: Diagnostic[] = [];
  const used = usedStages(tree, registry);
  const file = validate(
    used.some(({ facts = [] }) => facts.includes('disk')) ? recipeWithDiskSchema : recipeSchema,
    {
      root: tree,
      value: withoutOutputKeys(tree, registry),
      refused: notBuiltWord,
      alsoKnown: ['extends', ...stageSections(registry).filter((key) => !(key in recipeSchema.shape))],
    },
    later,
  );
  const steps = readSteps(tree, source.folder, registry, later);
  const outputs = readOutputs(
    tree,
    used.filter(({ kind }) => kind === 'output'),
    later,
  );
  if (!used.some(({ kind }) => kind === 'output')) later.push(makesNothing(tree, registry));
  checkOwnName(own, chain, later);
  checkKernel(tree, later);
  if (file !== undefined) checkArchitecture(file, tree, later);
  const pack = await readRecipePackage(join(source.file, '..'), source.folder, later);
  const epoch = epochOf(file, settings.sourceDateEpoch ?? process.env['SOURCE_DATE_EPOCH'], later);
  const disk = file?.disk === undefined ? undefined : checkedDisk(file.name, file.disk, tree, later);
  const loader = file?.disk === undefined ? undefined : normaliseLoader(file.disk);
  const brokenPlaces = new Set(broken.map((node) => placeKey(placeOf(node))));
  const shown = later.filter(({ place }) => place === undefined || !brokenPlaces.has(placeKey(place)));
  throwIfAny('recipe', hideSecrets([...problems, ...shown], tree));
  if (file === undefined) {
    throw new Failure('recipe', { what: 'The recipe is not valid.', place: startOf(source) });
  }
  const facts = {
    name: file.name,
    ...(pack.version === undefined ? {} : { version: pack.version }),
    description: file.description,
    platform: file.platform,
    architecture: architectureOf(file),
    epoch,
    ...(disk === undefined ? {} : { disk }),
    ...(loader === undefined ? {} : { loader }),
    kernel: { commandLine: file.kernel['command-line'] },
    hooks: pack.hooks,
  };
  return {
    ...facts,
    folder: source.folder,
    steps,
    outputs,
    ...(warnings.length === 0 ? {} : { warnings }),
    sources: [
      ...chain.map((one) => join(one.source.folder, 'recipe.yaml')),
      ...(pack.file === undefined ? [] : [pack.file]),
    ],
    digest: sha256OfText(
      canonicalJson({
        format: 'lunsmith-recipe/1',
        ...facts,
        steps: [...steps, ...outputs].map(({ name, uses, options }) => ({ name, uses, options })),
      }),
    ),
  };
}

function makesNothing(tree: MapNode, registry: StageRegistry): Diagnostic {
  return {
    what: 'The recipe makes nothing.',
    place: placeAt(tree, []),
    expected: `\`steps\` that make a root, or a section of an output stage: ${oneOf(stageSections(registry))}`,
  };
}

function checkedDisk(
  recipeName: string,
  written: WrittenDisk,
  tree: MapNode,
  problems: Diagnostic[],
): DiskSpec {
  const spec = normaliseDisk(recipeName, written);
  for (const { path, ...finding } of diskFindings(written, spec))
    problems.push({ ...finding, place: placeAt(tree, ['disk', ...path]) });
  return spec;
}

interface ResolvedTree {
  readonly tree: MapNode;
  readonly problems: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  /** Scalars whose variables could not be replaced: what is found there later would only mislead. */
  readonly broken: readonly ScalarNode[];
}

/** One tree: parents below, variables replaced. */
function resolveTree(
  chain: readonly [RecipeTree, ...RecipeTree[]],
  registry: StageRegistry,
  set: Readonly<Record<string, string>>,
): ResolvedTree {
  const problems: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const merged = [...chain]
    .reverse()
    .map(({ root }) => pickKeys(root, (key) => key !== 'extends'))
    .reduce((below, over) => mergeRecipes(below, over, registry, { problems, warnings }));
  const values = variableValues(merged, set, problems);
  const { node, ...found } = substitute(
    pickKeys(merged, (key) => key !== 'variables'),
    values,
  );
  const entries = new Map(node.kind === 'map' ? node.entries : []);
  const variables = merged.entries.get('variables');
  if (variables !== undefined) entries.set('variables', variables);
  return {
    tree: withEntries(merged, entries),
    problems: [...problems, ...found.problems],
    warnings,
    broken: found.broken,
  };
}

function placeKey({ file, line, column }: SourcePlace): string {
  return `${file}:${line}:${column}`;
}

/** A child with its parent's name would have its parent's UUIDs. */
function checkOwnName(own: MapNode, chain: readonly RecipeTree[], problems: Diagnostic[]): void {
  if (chain.length < 2 || child(own, 'name') !== undefined) return;
  problems.push({
    what: 'Missing key `name`.',
    place: placeAt(own, ['extends']),
    expected: 'a name of its own: the UUIDs of the disk follow from it',
  });
}

function architectureOf({ platform, architecture }: RecipeFile): Architecture {
  return architecture ?? platformArchitectures(platform).whole[0];
}

/** Of an architecture that no machine of the platform could boot nothing is built. */
function checkArchitecture(file: RecipeFile, tree: MapNode, problems: Diagnostic[]): void {
  const { platform } = file;
  const architecture = architectureOf(file);
  const { whole, lacking } = platformArchitectures(platform);
  if (whole.includes(architecture)) return;
  const why = lacking[architecture];
  problems.push({
    what:
      why === undefined
        ? `No machine of the platform ${platform} has the architecture ${architecture}.`
        : `No release can be built for ${architecture} yet: ${why}.`,
    place: placeAt(tree, ['architecture']),
    expected: whole.join(' or '),
    found: architecture,
  });
}

function checkKernel(tree: MapNode, problems: Diagnostic[]): void {
  const path = ['kernel', 'command-line'];
  kernelParameters(tree).forEach((parameter, index) => {
    const finding = checkKernelParameter(parameter);
    if (finding !== undefined) problems.push({ ...finding, place: placeAt(tree, [...path, index]) });
  });
}

function kernelParameters(tree: MapNode): string[] {
  const list = child(child(tree, 'kernel'), 'command-line');
  return list?.kind === 'list' ? list.items.map((item) => String(toPlain(item))) : [];
}

/** A secret that was written where none belongs is not repeated on the screen or in a log. */
function hideSecrets(problems: readonly Diagnostic[], tree: MapNode): Diagnostic[] {
  const secrets = kernelParameters(tree).filter(holdsSecret);
  const hide = (text: string) =>
    secrets.reduce((hidden, secret) => hidden.replaceAll(secret, withoutValue(secret)), text);
  return problems.map(({ place, found, ...rest }) => ({
    ...rest,
    ...(place === undefined
      ? {}
      : { place: place.text === undefined ? place : { ...place, text: hide(place.text) } }),
    ...(found === undefined ? {} : { found: hide(found) }),
  }));
}

function epochOf(file: RecipeFile | undefined, override: string | undefined, problems: Diagnostic[]): number {
  if (override !== undefined && override !== '') {
    if (/^[0-9]{1,12}$/.test(override)) return Number(override);
    problems.push({
      what: 'The environment variable SOURCE_DATE_EPOCH is no time.',
      expected: 'whole seconds since 1970',
      found: `\`${override}\``,
      hint: 'Unset it, or set it to a number.',
    });
  }
  const written = file?.epoch ?? DEFAULT_EPOCH;
  return typeof written === 'number' ? written : Math.floor(Date.parse(written) / 1000);
}

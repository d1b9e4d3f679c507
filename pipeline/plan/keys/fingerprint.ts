/**
 * The key of every step: the digest of all that goes into it, as a named record, so that of two keys it can be told
 * what makes them differ. A step's record holds the key of the step below it, and thereby everything before.
 */
import { createHmac } from 'node:crypto';
import { canonicalJson, sha256OfText } from '../../../base/digest.js';
import { Failure } from '../../../base/failure.js';
import { resolveSecret } from '../../../base/secret.js';
import { HOOK_EVENTS, type HookEvent, isHookEvent } from '../../recipe/hook-events.js';
import type { StageSurroundings } from '../../stage.js';
import type { LockedPackage } from '../package-set.js';
import type { Plan } from '../plan.js';
import { type PlannedStep, toolsOfStep } from '../planned-step.js';
import { digestInput, digestInputs, inputNames } from './input-files.js';
import { codeOfStep, type Runners, runnersOf, type StepCode } from './step-code.js';
import { toolVersions } from './tool-versions.js';

/** Everything that goes into a step's result. Digests are lower-case hex sha256. */
export interface StepInputs {
  readonly format: 'lunsmith-step/1';
  readonly stage: string;
  /** Digest of the stage's code, of what it asks its distribution, and of what runs it. */
  readonly code: string;
  readonly options: unknown;
  /** Facts of the recipe that it reads, with `architecture` and `epoch`. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Digests of files of the recipe. */
  readonly files: Readonly<Record<string, string>>;
  /** HMACs of the secrets' values, by reference, under a key that stays in the store. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Versions of the host's packages that hold its tools. */
  readonly tools: Readonly<Record<string, string>>;
  readonly surroundings: Readonly<Record<string, string>>;
  /** `VERSION sha256 DIGEST`, and what the index says besides, by `NAME:ARCHITECTURE`; of the first step those of native tools too. */
  readonly packages: Readonly<Record<string, string>>;
  /** Key of the step that it stands on; absent for the first. */
  readonly below?: string;
}

export interface Keyed {
  readonly key: string;
  readonly inputs: StepInputs;
}

/** One piece of a plan's work whose result is kept under its key. */
export interface KeyedStep extends Keyed {
  readonly id: string;
  readonly title: string;
  readonly kind: 'rootfs' | 'output';
  readonly work: PlannedStep | HookEvent;
  /** Results inside it that are kept by themselves. */
  readonly parts: Readonly<Record<string, Keyed>>;
}

export interface KeyedPlan {
  readonly plan: Plan;
  /** Steps of the root, and hooks that change it, in order; then the steps that write the release. */
  readonly steps: readonly KeyedStep[];
  /** Of everything that the release follows from. */
  readonly release: string;
}

export interface KeySurroundings extends StepCode {
  readonly mirror: string | undefined;
  /** What each step installs, by its id. */
  readonly packages: ReadonlyMap<string, readonly LockedPackage[]>;
  /** Native tools of a foreign root. */
  readonly tools?: readonly LockedPackage[];
  /** Key of the HMACs of secrets. */
  readonly salt: Uint8Array;
  readonly lunsmith: string;
  /** dpkg's database of the host; default: where it is. */
  readonly packageDatabase?: string;
}

/** A keyed plan without the stages, which cannot travel between processes. */
export interface PlanKeys {
  readonly release: string;
  readonly steps: readonly Omit<KeyedStep, 'work'>[];
}

export function keysOf({ steps, release }: KeyedPlan): PlanKeys {
  return { release, steps: steps.map(({ work: _, ...rest }) => rest) };
}

/** The plan of the same recipe with its keys. */
export function bindKeys(plan: Plan, { release, steps }: PlanKeys): KeyedPlan {
  const work = (id: string): KeyedStep['work'] => {
    const step = plan.steps.find((each) => each.id === id);
    if (step !== undefined) return step;
    if (isHookEvent(id)) return id;
    throw new Failure('internal', { what: `The plan has no step ${id}.` });
  };
  return { plan, release, steps: steps.map((step) => ({ ...step, work: work(step.id) })) };
}

/** Folders of a recipe that are not its own text. */
const NOT_THE_RECIPE: ReadonlySet<string> = new Set(['node_modules', '.git', 'recipe.lock']);

/** @throws Failure of kind `recipe` when a secret is not there */
export async function keyPlan(plan: Plan, around: KeySurroundings): Promise<KeyedPlan> {
  const tools = await toolVersions(plan.tools, around.packageDatabase);
  const runners = runnersOf(around.code);
  const steps: KeyedStep[] = [];
  let below: string | undefined;
  const root = plan.steps.filter(({ stage }) => stage.kind === 'rootfs');
  for (const [index, step] of root.entries()) {
    steps.push(await keyStep(plan, step, { around, tools, runners, below }));
    if (index === 0) steps.push(...(await keyHook(plan, 'rootfs:pre', runners.hook, steps.at(-1)?.key)));
    below = steps.at(-1)?.key;
  }
  steps.push(...(await keyHook(plan, 'rootfs:post', runners.hook, below)));
  below = steps.at(-1)?.key;
  for (const step of plan.steps.filter(({ stage }) => stage.kind === 'output')) {
    steps.push(await keyStep(plan, step, { around, tools, runners, below }));
  }
  return {
    plan,
    steps,
    release: await releaseKey(plan, steps, tools, { lunsmith: around.lunsmith, code: runners.release }),
  };
}

interface Ground {
  readonly around: KeySurroundings;
  readonly tools: Readonly<Record<string, string>>;
  readonly runners: Runners;
  readonly below: string | undefined;
}

async function keyStep(plan: Plan, step: PlannedStep, ground: Ground): Promise<KeyedStep> {
  const { stage, options, id, title } = step;
  const { around, tools, runners, below } = ground;
  const { recipe, facts } = plan;
  const about: StageSurroundings<unknown> = { options, recipe: facts, mirror: around.mirror };
  const files = stage.inputs?.(options) ?? [];
  const secrets = stage.secrets?.(options) ?? [];
  // Later steps stand on the first, and have them by its key.
  const native = step.emulator !== undefined && below === undefined ? (around.tools ?? []) : [];
  const names = inputNames(
    recipe,
    [...files, ...secrets].map((path) => path.replace(/^file:/, '')),
  );
  const inputs: StepInputs = {
    format: 'lunsmith-step/1',
    stage: stage.name,
    code: sha256OfText([...codeOfStep(step, around), runners[stage.kind]].join('\n')),
    options: named(options, names),
    facts: { architecture: recipe.architecture, epoch: recipe.epoch, ...pick(facts, stage.facts ?? []) },
    files: await digestInputs(recipe, files),
    secrets: await digestSecrets(secrets, names, recipe.folder, around.salt),
    tools: pick(
      tools,
      toolsOfStep(step, facts).map((need) => need.package),
    ),
    surroundings: (await stage.surroundings?.(about)) ?? {},
    packages: Object.fromEntries(
      [...(around.packages.get(id) ?? []), ...native].map((each) => [
        `${each.name}:${each.architecture}`,
        identity(each),
      ]),
    ),
    ...(below === undefined ? {} : { below }),
  };
  const parts = Object.entries(stage.parts ?? {}).map(([name, part]): [string, Keyed] => [
    name,
    keyed({
      ...inputs,
      stage: `${stage.name}/${name}`,
      options: pick(inputs.options as Record<string, unknown>, part.options),
      facts: pick(inputs.facts, ['architecture', 'epoch', ...part.facts]),
    }),
  ]);
  return { id, title, kind: stage.kind, work: step, parts: Object.fromEntries(parts), ...keyed(inputs) };
}

/** What of a package a step's result may follow from; where it is fetched from is no part of it. */
function identity({ version, sha256, index = {} }: LockedPackage): string {
  const fields = Object.entries(index).map(([name, value]) => ` ${name}: ${value}`);
  return [`${version} sha256 ${sha256}`, ...fields.sort()].join('');
}

/** A hook is a program that may read anything of its recipe, so all of the recipe's folder goes into its key. */
async function keyHook(
  plan: Plan,
  event: HookEvent,
  code: string,
  below: string | undefined,
): Promise<KeyedStep[]> {
  const { recipe } = plan;
  const script = recipe.hooks[event];
  if (script === undefined) return [];
  const inputs: StepInputs = {
    format: 'lunsmith-step/1',
    stage: `hook ${event}`,
    code,
    options: { script },
    facts: { architecture: recipe.architecture, epoch: recipe.epoch, name: recipe.name },
    files: { '.': await digestInput(recipe.folder, NOT_THE_RECIPE) },
    secrets: {},
    // It is in the hook's PATH, and what calls the script.
    tools: { node: process.version },
    surroundings: {},
    packages: {},
    ...(below === undefined ? {} : { below }),
  };
  return [{ id: event, title: `hook ${event}`, kind: 'rootfs', work: event, parts: {}, ...keyed(inputs) }];
}

async function releaseKey(
  plan: Plan,
  steps: readonly KeyedStep[],
  tools: Readonly<Record<string, string>>,
  ours: { readonly lunsmith: string; readonly code: string },
): Promise<string> {
  const { recipe } = plan;
  const hooks = Object.keys(HOOK_EVENTS).some((event) => recipe.hooks[event] !== undefined);
  return sha256OfText(
    canonicalJson({
      format: 'lunsmith-release/1',
      recipe: { name: recipe.name, version: recipe.version ?? '', digest: recipe.digest },
      architecture: recipe.architecture,
      epoch: recipe.epoch,
      hooks: hooks ? { ...recipe.hooks, folder: await digestInput(recipe.folder, NOT_THE_RECIPE) } : {},
      steps: steps.map(({ key }) => key),
      tools,
      ...ours,
    }),
  );
}

function keyed(inputs: StepInputs): Keyed {
  return { inputs, key: sha256OfText(canonicalJson(inputs)) };
}

function pick<Value>(
  from: Readonly<Record<string, Value>> | object,
  names: readonly string[],
): Record<string, Value> {
  const source = from as Readonly<Record<string, Value>>;
  return Object.fromEntries(
    [...new Set(names)].sort().flatMap((name) => {
      const value = source[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** HMACs of secrets' values, by reference. */
async function digestSecrets(
  references: readonly string[],
  names: ReadonlyMap<string, string>,
  folder: string,
  salt: Uint8Array,
): Promise<Record<string, string>> {
  const digests = [...new Set(references)].sort().map(async (reference) => {
    const value = await resolveSecret(reference, folder);
    return [named(reference, names), createHmac('sha256', salt).update(value).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(digests));
}

/** The same value with files of the recipe, `PATH` or `file:PATH`, under the names that they have in a key. */
function named<Value>(value: Value, names: ReadonlyMap<string, string>): Value;
function named(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    const [, scheme = '', path = ''] = /^(file:)?(.*)$/s.exec(value) ?? [];
    return `${scheme}${names.get(path) ?? path}`;
  }
  if (Array.isArray(value)) return value.map((each: unknown) => named(each, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, named(each, names)]));
}

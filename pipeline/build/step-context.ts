/** What a stage is handed: its options, its tree, the ports, and helpers that are the same for every stage. */
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { resolveSecret } from '../../base/secret.js';
import { recipeUuid } from '../../base/uuid.js';
import type { AskTools } from '../native-tools.js';
import { askedDistribution } from '../plan/asked-distribution.js';
import type { PooledPackage } from '../plan/package-set.js';
import type { PlannedStep } from '../plan/planned-step.js';
import type { Recipe } from '../recipe/recipe.js';
import type { RecipeFacts } from '../recipe-facts.js';
import { runBootstrap } from '../sandbox/bootstrap.js';
import { type Chroot, openChroot } from '../sandbox/chroot.js';
import type { OpenStandIns } from '../sandbox/stand-ins.js';
import type { StageContext } from '../stage.js';
import { artifactKey } from './artifact-roles.js';
import { standInsOf } from './stand-ins-of-step.js';

export interface ContextParts {
  readonly step: PlannedStep;
  readonly recipe: Pick<Recipe, 'name' | 'folder' | 'epoch'>;
  readonly facts: RecipeFacts;
  readonly rootfs: string;
  readonly output: string;
  readonly scratch: string;
  readonly mirror: string | undefined;
  /** Folder for temporary files of the host's tools; programs in the root tree have its own /tmp. */
  readonly temporary?: string;
  readonly packages: readonly PooledPackage[];
  /** The native tools of a foreign root; absent, or none: all its programs are emulated. */
  readonly native?: AskTools | undefined;
  readonly record: (key: string, value: unknown) => void;
  readonly recorded: (key: string) => unknown;
  readonly part: StageContext<unknown>['part'];
  readonly digested: StageContext<unknown>['digested'];
  readonly ports: Ports;
}

/** A stage's context; disposing of it takes the chroot's mounts down. */
export interface OpenContext extends AsyncDisposable {
  readonly context: StageContext<unknown>;
}

export function openStepContext(parts: ContextParts): OpenContext {
  const { step, recipe, ports } = parts;
  const { rootfs, output, scratch, mirror, packages, record, recorded, part, digested } = parts;
  const { emit, signal } = ports;
  const env = parts.temporary === undefined ? {} : { TMPDIR: parts.temporary };
  const task = step.id;
  const facts = declaredFacts(step, parts.facts);
  let chroot: Promise<Chroot> | undefined;
  let standIns: Promise<OpenStandIns | undefined> | undefined;
  const inside = async () => (await (standIns ??= standInsOf(parts)))?.lent;
  return {
    context: {
      run: (argv, options) => ports.run(argv, { ...options, env: { ...env, ...options.env } }),
      start: (argv, options) => ports.start(argv, { ...options, env: { ...env, ...options.env } }),
      emit,
      signal,
      step: step.id,
      options: step.options,
      recipe: facts,
      distribution: askedDistribution(step),
      rootfs,
      output,
      scratch,
      mirror,
      packages,
      record,
      recorded,
      artifact: (path, role) => record(artifactKey(path), role),
      part,
      digested,
      chroot: async (argv, options) => {
        // Only when first used: the bootstrap begins with an empty tree and has no need of one.
        chroot ??= inside().then((lent) =>
          openChroot(
            rootfs,
            step.stage.network === true,
            ports,
            step.distribution?.guard,
            lent === undefined ? [] : [lent],
          ),
        );
        return (await chroot).run(argv, options);
      },
      bootstrap: async (argv, options, lent) => {
        const world = { rootfs, temporary: parts.temporary, lent, inside: await inside() };
        return runBootstrap(world, argv, options, ports);
      },
      epoch: recipe.epoch,
      uuid: (name) => recipeUuid(facts.name, name),
      secret: (reference) => resolveSecret(declaredSecret(step, reference), recipe.folder),
      warn: (message, hint) =>
        emit({ type: 'warning', task, message, ...(hint === undefined ? {} : { hint }) }),
      progress: (what, done, total, unit) =>
        emit({ type: 'progress', task, what, done, unit, ...(total === undefined ? {} : { total }) }),
    },
    [Symbol.asyncDispose]: async () => {
      await (await chroot?.catch(() => undefined))?.[Symbol.asyncDispose]();
      await (await standIns?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

/** The recipe's facts, of which reading an undeclared one fails: it would be missing in the step's key. */
function declaredFacts(step: PlannedStep, facts: RecipeFacts): RecipeFacts {
  const { facts: made = [], judges = [] } = step.stage;
  const declared = new Set<string | symbol>(['folder', 'architecture', ...made, ...judges]);
  return new Proxy(facts, {
    get: (target, name) => {
      if (declared.has(name)) return target[name as keyof RecipeFacts];
      throw undeclared(step, `the recipe's ${String(name)}`, 'facts');
    },
  });
}

function declaredSecret(step: PlannedStep, reference: string): string {
  if ((step.stage.secrets?.(step.options) ?? []).includes(reference)) return reference;
  throw undeclared(step, 'a secret', 'secrets');
}

function undeclared({ stage }: PlannedStep, what: string, member: string): Failure {
  return new Failure('internal', {
    what: `The stage ${stage.name} reads ${what} and does not declare it in \`${member}\`: its step's key would miss it.`,
  });
}

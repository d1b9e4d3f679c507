/**
 * A family of systems with one package manager and a generator of initramfs. It has the same topics as every other, each a
 * module of its folder that bears the topic's name. A stage declares in `asks` which of them it asks: their code, and no
 * other of the distribution's, goes into the keys of its steps.
 */
import { Failure } from '../../base/failure.js';
import type { KnownDistribution, StageContext } from '../../pipeline/stage.js';
import type {
  BootNic,
  Console,
  Initiator,
  InitramfsGenerator,
  Inventory,
  KernelFiles,
  Locale,
  PackageManager,
  Software,
  Traces,
} from './topics.js';

export interface Topics {
  /** What is installed, and what plays a role. */
  readonly software: Software;
  /** How large each package is, and why it is installed. */
  readonly inventory: Inventory;
  /** Packages: which a request comes to, and their installation. */
  readonly packages: PackageManager;
  readonly locale: Locale;
  /** Where the initiator's files belong. */
  readonly initiator: Initiator;
  readonly network: BootNic;
  readonly initramfs: InitramfsGenerator;
  /** Where kernel and initramfs lie. */
  readonly kernel: KernelFiles;
  /** What building leaves behind. */
  readonly traces: Traces;
  /** What its boots show on the console. */
  readonly console: Console;
}

export type Topic = keyof Topics;

export interface Distribution extends KnownDistribution, Topics {
  readonly tools: Readonly<Partial<Record<Topic, KnownDistribution['tools'][string]>>>;
}

/** @throws Failure of kind `recipe` when no step of the recipe makes a root of a distribution that is known */
export function distributionOf(about: Pick<StageContext<unknown>, 'distribution'>): Distribution {
  // The registry, whose objects these are, holds nothing else.
  if (about.distribution !== undefined) return about.distribution as Distribution;
  throw new Failure('recipe', {
    what: 'No step tells which distribution the root tree is of.',
    hint: 'Begin the recipe with a step that makes a base system, such as `debootstrap`.',
  });
}

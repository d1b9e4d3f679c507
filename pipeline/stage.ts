/**
 * The interface between the pipeline, which knows steps but no distribution, and the stages, which know
 * distributions but no terminal. A stage reads what it declares and writes only its layer (kind `rootfs`)
 * or its outputs (kind `output`).
 */

import type { z } from 'zod';
import type { VerityTree } from '../artifacts/formats/fs-verity.js';
import type { Role } from '../artifacts/release/manifest.js';
import type { Diagnostic } from '../base/failure.js';
import type { Argv, Ports, RunOptions, RunResult } from '../base/ports.js';
import type { KnownDistribution } from './distribution.js';
import type { ArchiveUrls, PooledPackage, Resolution, ResolveContext } from './plan/package-set.js';
import type { RecipeFacts } from './recipe-facts.js';
import type { ToolNeed } from './tool-need.js';

export type { ForeignRoot, NativeTools, NativeTree, StandIn, ToolPackage } from './native-tools.js';
export type {
  ArchiveUrls,
  LockedIndex,
  LockedPackage,
  PooledPackage,
  Preference,
  Resolution,
  ResolutionBasis,
  ResolveContext,
} from './plan/package-set.js';
export { lockedPackageSchema } from './plan/package-set.js';
export type { Architecture, RecipeFacts } from './recipe-facts.js';
export type { ToolNeed } from './tool-need.js';
export type { KnownDistribution };

/** A fact that a stage has to declare. */
export type FactName = Exclude<keyof RecipeFacts, 'folder' | 'architecture'>;

export interface ChrootOptions extends RunOptions {
  /** Reach the network from inside; only in a stage that declares `network: true`. Default false. */
  readonly network?: boolean;
  /** Folders of the host, by the name below /run/lunsmith under which the command sees them, read-only. */
  readonly folders?: Readonly<Record<string, string>>;
}

export interface StageContext<Options> extends Ports {
  /** The step's name in the recipe. */
  readonly step: string;
  readonly options: Options;
  readonly recipe: RecipeFacts;
  /** That of the root tree, if the first step has one; asking it for a topic that the stage does not declare fails. */
  readonly distribution: KnownDistribution | undefined;
  /** Absolute path of the root tree: writable for `rootfs` stages, read-only for `output` stages. */
  readonly rootfs: string;
  /** Absolute path of the folder that will become the release; only `output` stages write here. */
  readonly output: string;
  /** A private folder on the workspace's file system, gone after the step. */
  readonly scratch: string;
  /** Like `run`, with the root tree as `/`, its own /proc, /dev, /run and its distribution's guard; confined. */
  readonly chroot: (argv: Argv, options: ChrootOptions) => Promise<RunResult>;
  /**
   * Like `run`, for a tool of the host that makes the root tree and runs programs of packages in it: it sees the host's
   * programs, the root tree and the folders that it is lent, read-only, each under its own path; no network.
   */
  readonly bootstrap: (argv: Argv, options: RunOptions, lent: readonly string[]) => Promise<RunResult>;
  /** The mirror that the user chose on the command line or by environment, if any. */
  readonly mirror: string | undefined;
  /** What the step's `resolve`, or the lock, came to: exactly these packages, from the pool. */
  readonly packages: readonly PooledPackage[];
  /**
   * The folder of one of the stage's declared parts: made by `work` unless it is kept from an earlier build.
   * Read-only afterwards. Inside `work` only the part's facts and options may be used, but for what each user of the part
   * replaces in its copy.
   */
  readonly part: (name: string, work: (folder: string) => Promise<void>) => Promise<string>;
  /** Tells what a file of `output` is for, by its path there; one of which nothing is told is for nothing that is known. */
  readonly artifact: (path: string, role: Role) => void;
  /** Tells the digest of a finished image in `output` or in a part, so that it is not read once more for it. */
  readonly digested: (image: string, tree: VerityTree) => Promise<void>;
  /** Seconds since 1970 that stand for every time in the release (SOURCE_DATE_EPOCH). */
  readonly epoch: number;
  /** A UUID that is stable for this recipe and name, RFC 9562 lower case. */
  readonly uuid: (name: string) => string;
  /** Resolves a secret reference (`env:NAME`, `file:PATH`). @throws Failure of kind `recipe`. */
  readonly secret: (reference: string) => Promise<string>;
  readonly warn: (message: string, hint?: string) => void;
  readonly progress: (
    what: string,
    done: number,
    total: number | undefined,
    unit: 'bytes' | 'files' | 'packages',
  ) => void;
  /** Facts for the manifest, e.g. `kernel`, `boot`, `packages`; one JSON value a key. */
  readonly record: (key: string, value: unknown) => void;
  /** Facts that earlier steps recorded. */
  readonly recorded: (key: string) => unknown;
}

/** What a stage may look at before anything runs. */
export interface StageCheck<Options> {
  readonly options: Options;
  readonly recipe: RecipeFacts;
  /** That of the root tree, for any question: a check makes nothing. */
  readonly distribution: KnownDistribution | undefined;
  /** The mirror that the user chose on the command line or by environment, if any. */
  readonly mirror: string | undefined;
  readonly step: string;
  /** Stage names of all steps in order, and this step's place among them. */
  readonly order: readonly string[];
  readonly index: number;
}

/** What a step's key may be asked of before anything runs. */
export interface StageSurroundings<Options> {
  readonly options: Options;
  readonly recipe: RecipeFacts;
  readonly mirror: string | undefined;
}

/** The root on which a step stands, read-only. */
export type StageRoot = Pick<StageContext<unknown>, 'rootfs' | 'distribution'>;

/** A result inside an output step that is kept by itself, for changes that do not concern it. */
export interface StagePart {
  /** Those of the stage's facts that it depends on. */
  readonly facts: readonly FactName[];
  /** Those of the stage's options that it depends on. */
  readonly options: readonly string[];
}

/** A finding of a stage's check; `path` leads to the option, e.g. `['files', 0, 'source']`. */
export interface StageFinding extends Omit<Diagnostic, 'place'> {
  readonly path: readonly (string | number)[];
  /** What is allowed but seldom meant: it is told, and keeps nothing from being built. */
  readonly warning?: true;
}

export interface StageDefinition<Schema extends z.ZodType = z.ZodType> {
  /** The file's name and the recipe's `uses:`. */
  readonly name: string;
  /** One sentence, for the generated reference. */
  readonly summary: string;
  readonly kind: 'rootfs' | 'output';
  /**
   * The recipe's key under which the options of an `output` stage stand. Such a stage is part of a build when the recipe
   * has that key, or when a step provides something that it requires.
   */
  readonly section?: string;
  /** Strict; every field described: reference page and JSON Schema come from here. */
  readonly options: Schema;
  /** Whether its chroot may reach the network. Default false. */
  readonly network?: boolean;
  readonly tools: readonly ToolNeed[];
  /** Tools that only these options, or a recipe with these facts, need, besides `tools`. */
  readonly toolsFor?: (options: z.output<Schema>, recipe: RecipeFacts) => readonly ToolNeed[];
  /**
   * Things that its step makes, by the words that stand after "the" in messages: `root`, `initramfs`. A recipe has one step
   * that provides a thing, and it stands before all steps that require or change it.
   */
  readonly provides?: readonly string[];
  /** Things that must be there and finished: its step stands after all steps that provide or change them. */
  readonly requires?: readonly string[];
  /** Things of others that its step writes to. Steps that change the same thing stand in the order of the recipe. */
  readonly changes?: readonly string[];
  /** A boolean option with which a step requires and changes other things than the stage says above. */
  readonly withOption?: {
    readonly name: string;
    readonly requires: readonly string[];
    readonly changes: readonly string[];
  };
  /** Of a stage that makes the root from nothing: the id of the distribution that it makes. Absent: none that is known. */
  readonly distribution?: (options: z.output<Schema>) => string;
  /**
   * Topics of the root's distribution that `run` and `resolve` ask: their code goes into the step's key, and what they need
   * of the host is needed for the step.
   */
  readonly asks?: readonly string[];
  /** What a person reads while the step runs, after its name: `linux-image-amd64 open-iscsi …`. */
  readonly title?: (options: z.output<Schema>) => string;
  /** What is wrong with the options beyond their schema; may read the recipe's folder, writes nothing. */
  readonly check?: (check: StageCheck<z.output<Schema>>) => readonly StageFinding[];
  /**
   * Files of the recipe's folder that the options name, relative to it: inputs of the step's key. An option that an
   * extended recipe wrote is rewritten to lead from the extending one's folder, so it may begin with `../`.
   */
  readonly inputs?: (options: z.output<Schema>) => readonly string[];
  /** Facts of the recipe that the stage reads: inputs of the step's key. Reading another one fails. */
  readonly facts?: readonly FactName[];
  /**
   * Facts of the recipe by which its step may refuse, and from which nothing that it makes follows: no inputs of the key, so that a step
   * that is kept is not made again when they change.
   */
  readonly judges?: readonly FactName[];
  /** Secret references in the options: their values are inputs of the step's key, which does not tell them. */
  readonly secrets?: (options: z.output<Schema>) => readonly string[];
  /**
   * Reference of what archives ask for before they hand out packages (netrc.ts). No result follows from it, so that its value
   * is no input of a key.
   */
  readonly credentials?: (options: z.output<Schema>) => string | undefined;
  /** What the step takes from the host besides tools and files, by name: inputs of the step's key. */
  readonly surroundings?: (
    about: StageSurroundings<z.output<Schema>>,
  ) => Promise<Readonly<Record<string, string>>>;
  /**
   * Of a `rootfs` stage whose step takes long: what of the root, as absolute paths, its step neither reads nor writes. When nothing else
   * of the root has changed, the layer of an earlier build is taken. Such a step is told of nothing that earlier ones recorded.
   */
  readonly unread?: (root: StageRoot) => Promise<readonly string[]>;
  /** Parts by name; only of an `output` stage. */
  readonly parts?: Readonly<Record<string, StagePart>>;
  /** What of the options `resolve` depends on, a JSON value: a lock is stale when it changes. Absent: all of them. */
  readonly request?: (options: z.output<Schema>) => unknown;
  /** Resolves the packages that the options ask for against signed indexes; runs in the sandbox, writes no layer. */
  readonly resolve?: (ctx: ResolveContext<z.output<Schema>>) => Promise<Resolution>;
  /** Base URLs of the archives that `resolve` names, for this and later steps: of each those that are asked, in their order. */
  readonly archives?: (about: StageSurroundings<z.output<Schema>>) => Promise<ArchiveUrls>;
  readonly run: (ctx: StageContext<z.output<Schema>>) => Promise<void>;
}

/** Gives a stage its types; returns it unchanged. */
export function defineStage<Schema extends z.ZodType>(
  stage: StageDefinition<Schema>,
): StageDefinition<Schema> {
  return stage;
}

/** A stage whose options' type is no longer known. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyStage = StageDefinition<any>;

/** Stages by name; the order is that of the reference page. */
export type StageRegistry = ReadonlyMap<string, AnyStage>;

/**
 * Native tools: programs of this host's architecture, from packages of the root's own archive, that stand in for the same programs of a
 * foreign root while commands run in there. A distribution says which they are; `sandbox/stand-ins.ts` has the kernel start them.
 */
import type { Architecture } from '../artifacts/platform/architecture.js';
import type { Ports } from '../base/ports.js';

/** A package of the pool. */
export interface ToolPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Absolute path. */
  readonly file: string;
}

/** The tools, unpacked. */
export interface NativeTree {
  /** Absolute path of the host's folder that holds them; the paths below are relative to it. */
  readonly folder: string;
  /** The dynamic loader, ld.so(8), that knows `--argv0` (glibc 2.33). */
  readonly loader: string;
  /** Folders of shared libraries. */
  readonly libraries: readonly string[];
  /** Versions of the packages by their names. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A program of the root, and the native one that does the same to the byte. */
export interface StandIn {
  /** Absolute path of the host: in the root tree, or where a package that is about to come was unpacked. */
  readonly foreign: string;
  /** Path below the native tree's folder. */
  readonly native: string;
  /** Arguments that the native one needs before its own, for the place that it runs from. */
  readonly options?: (folder: string) => readonly string[];
}

/** A root tree of which stand-ins are wanted. */
export interface ForeignRoot {
  readonly rootfs: string;
  readonly architecture: Architecture;
  /** What the step is about to install. */
  readonly coming: readonly ToolPackage[];
  /** An empty folder for what is unpacked to be looked at. */
  readonly scratch: string;
}

/** The tools of a build, made ready when the first step asks for them; undefined where all is emulated. @param ports of that step */
export type AskTools = (step: string, ports: Ports) => Promise<NativeTree | undefined>;

export interface NativeTools {
  /** Unpacks packages of the host's architecture. @returns undefined when they cannot serve */
  unpack(
    packages: readonly ToolPackage[],
    folder: string,
    ports: Pick<Ports, 'run'>,
  ): Promise<NativeTree | undefined>;
  /** What of a root's programs, now and after the step's packages came, has its equal among the tools: the same program of the same version. */
  standIns(tools: NativeTree, root: ForeignRoot, ports: Pick<Ports, 'run'>): Promise<readonly StandIn[]>;
}

/**
 * Everything that happens during a build or a proof, as one discriminated union. The terminal, `--json` and the
 * tests read the same stream; no other channel tells a user anything. Events never hold a secret.
 */
import type { FailureRecord } from './failure.js';

/** One unit of work in a stream: a step of a build, or a cell of the boot matrix. */
export interface TaskFacts {
  /** Unique in its stream, e.g. `packages` or `bios-san`. */
  readonly id: string;
  /** What a person reads, e.g. `packages  linux-image-amd64 open-iscsi …`. */
  readonly title: string;
}

/** How far the boot chain of a client came, in order. */
export const MILESTONES = [
  'power-on',
  'dhcp',
  'tftp',
  'ipxe',
  'san-login',
  'boot-loader',
  'loader',
  'kernel',
  'initramfs-login',
  'root-mount',
  'login',
] as const;
export type Milestone = (typeof MILESTONES)[number];

export type Event =
  /** Work begins; `tasks` is all of it, in order. */
  | {
      readonly type: 'started';
      readonly work: 'build' | 'prove' | 'verify' | 'export' | 'import' | 'publish' | 'change' | 'power';
      readonly subject: string;
      readonly tasks: readonly TaskFacts[];
    }
  /** `because`: which inputs of a step changed since it was last built, one a line. `usually`: seconds that it took then. */
  | {
      readonly type: 'task-started';
      readonly task: string;
      readonly because?: readonly string[];
      readonly usually?: number;
    }
  /** The task's result is kept from an earlier build; `key` names it in the store. */
  | { readonly type: 'task-cached'; readonly task: string; readonly key: string }
  /** One line that a tool printed, without its newline. */
  | {
      readonly type: 'output';
      readonly task?: string;
      readonly tool: string;
      readonly stream: 'stdout' | 'stderr';
      readonly line: string;
    }
  /** `done` and `total` count in `unit`; a missing total means that it is not known. */
  | {
      readonly type: 'progress';
      readonly task?: string;
      readonly what: string;
      readonly done: number;
      readonly total?: number;
      readonly unit: 'bytes' | 'files' | 'packages' | 'LUNs';
    }
  /** A boot came this far; `boot` is 1 for the first start of the machine and 2 after its reboot. */
  | {
      readonly type: 'milestone';
      readonly task: string;
      readonly milestone: Milestone;
      readonly boot: number;
    }
  | { readonly type: 'warning'; readonly task?: string; readonly message: string; readonly hint?: string }
  | {
      readonly type: 'task-finished';
      readonly task: string;
      readonly seconds: number;
      readonly note?: string;
    }
  /** `note`: what else it is than failed. */
  | { readonly type: 'task-failed'; readonly task: string; readonly seconds: number; readonly note?: string }
  /** Nothing is wrong with the recipe in the folder `path`; `steps` are the titles of its plan. */
  | {
      readonly type: 'checked';
      readonly recipe: string;
      readonly path: string;
      readonly steps: readonly string[];
      /** What its archives have of its packages, where they were asked: those of the lock that have another version there now. */
      readonly packages?: { readonly count: number; readonly changed: number };
    }
  /** The release exists under `path`; `digest` is the manifest's sha256 in lower-case hex. */
  | {
      readonly type: 'released';
      readonly recipe: string;
      readonly path: string;
      readonly digest: string;
      readonly seconds: number;
    }
  /** `decided` is false when no cell failed and one came to no verdict, so that it did not pass either. */
  | {
      readonly type: 'proven';
      readonly path: string;
      readonly digest: string;
      readonly passed: boolean;
      readonly decided?: boolean;
      readonly seconds: number;
    }
  /** The release is on the target host; `already`: it was before. Bytes are those of the wire. */
  | {
      readonly type: 'published';
      readonly recipe: string;
      readonly digest: string;
      readonly host: string;
      readonly path: string;
      readonly already: boolean;
      readonly sent: number;
      readonly received: number;
      readonly seconds: number;
    }
  /** The LUN of a client was written into the file `path`, or would be (`dryRun`): `data` of its `bytes` are in use. */
  | {
      readonly type: 'exported';
      readonly client: string;
      readonly image: string;
      readonly host: string;
      readonly generation: string;
      /** Of the release that it is a clone of; absent where there is none. */
      readonly release?: string;
      readonly path: string;
      readonly bytes: number;
      /** Absent with `dryRun`, as is `sha256`, the digest of what is in use. */
      readonly data?: number;
      readonly sha256?: string;
      readonly dryRun: boolean;
      readonly seconds: number;
    }
  /** What clients see of a target host has changed, or would (`dryRun`): a line for each thing; `notes` tell why, or how it stands. */
  | {
      readonly type: 'changed';
      readonly host: string;
      readonly lines: readonly string[];
      readonly notes: readonly string[];
      readonly dryRun: boolean;
      readonly seconds: number;
    }
  | { readonly type: 'failed'; readonly failure: FailureRecord };

export type Emit = (event: Event) => void;

/**
 * The three ports that a room without a terminal and without a process table of its own is handed: use a tool,
 * tell what happens, and hear that the user wants to stop. `artifacts/` imports no more of ours.
 */
import type { Emit } from './event.js';

/** A command as an argv array; nothing is ever quoted into a shell. */
export type Argv = readonly [tool: string, ...args: string[]];

export interface RunOptions {
  /** What this command is for, as a verb phrase for error messages: `create the ext4 file system`. */
  readonly doing: string;
  readonly cwd?: string;
  /** Added to the scrubbed environment (PATH, LC_ALL=C.UTF-8, TZ=UTC, HOME). Secrets go here or to `input`, never to argv. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Input that is made while the tool reads it; what it throws ends the tool, and is thrown. */
  readonly stream?: AsyncIterable<Uint8Array>;
  /**
   * The tool's input stays open and empty until the tool ends, or we do, however we do: a tool that waits for its end dies
   * with us. Default false: it is at its end from the beginning.
   */
  readonly holdInput?: boolean;
  /** Each line as it comes, besides the `output` event. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** What it prints goes here as it is, piece by piece, and is not kept as text; the next piece waits. What it throws ends the tool, and is thrown. */
  readonly onBytes?: (bytes: Uint8Array) => Promise<void>;
  /** Exit codes that are no failure; default [0]. */
  readonly okExitCodes?: readonly number[];
  /** Emit no `output` event: for short queries whose stdout is data. Default false. */
  readonly quiet?: boolean;
  /** Seconds after which the command is killed and the call fails. Default: none. */
  readonly timeout?: number;
  /** The command as its user would call it, for events and failures, where a launcher stands before it in argv. */
  readonly shown?: Argv;
}

export interface RunResult {
  /** All of stdout as UTF-8. */
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A tool that runs beside us until it is disposed of (SIGTERM, then SIGKILL after one second; its group with it). */
export interface RunningTool extends AsyncDisposable {
  readonly pid: number;
  /** Settles when it ended, by itself or not; never rejects. */
  readonly ended: Promise<{ readonly exitCode?: number; readonly signal?: string }>;
  /** Its last lines, oldest first. */
  lastLines(): readonly string[];
}

export interface Ports {
  /**
   * Runs a tool to its end.
   * @throws Failure of kind `tool` on another exit code, `host` when the tool is missing, `space` when it said that
   *   the disk is full, `interrupted` when the signal was aborted.
   */
  readonly run: (argv: Argv, options: RunOptions) => Promise<RunResult>;
  /** Starts a tool beside us. @throws Failure of kind `host` when it is missing. */
  readonly start: (argv: Argv, options: RunOptions) => Promise<RunningTool>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * The one error type of the project: what went wrong, where, what was expected and found, and what to do now.
 * It lives in the lowest room so that every room can throw it, and it survives a trip through JSON because
 * a build runs in another process (the sandbox) than the one that prints.
 */

/** Why work ended. Each kind has one exit code, see {@link EXIT_CODES}. */
export type FailureKind =
  | 'usage'
  | 'recipe'
  | 'host'
  | 'tool'
  | 'network'
  | 'signature'
  | 'space'
  | 'integrity'
  | 'proof'
  | 'undecided'
  | 'interrupted'
  | 'internal';

/** Exit code of the `lunsmith` process for each kind of failure; documented in docs/debugging.md. */
export const EXIT_CODES: Readonly<Record<FailureKind, number>> = {
  usage: 2,
  recipe: 3,
  host: 4,
  tool: 5,
  network: 6,
  signature: 7,
  space: 8,
  integrity: 9,
  proof: 10,
  undecided: 11,
  internal: 70,
  interrupted: 130,
};

/** A place in a text file. `line` and `column` count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The offending line's text, without its newline. */
  readonly text?: string;
  /** How many characters to underline from `column` on; at least 1. */
  readonly length?: number;
}

/** One thing that is wrong. Every text is a sentence or a phrase that a user can act on. */
export interface Diagnostic {
  readonly what: string;
  readonly place?: SourcePlace;
  /** Which option of the step it is about, told by who knows no place. */
  readonly path?: readonly (string | number)[];
  readonly expected?: string;
  readonly found?: string;
  /** What to do now. */
  readonly hint?: string;
}

/** What is known of a command that failed; secrets never stand in `argv` by construction. */
export interface FailedCommand {
  readonly argv: readonly string[];
  readonly exitCode?: number;
  readonly signal?: string;
  /** The last lines that it printed, oldest first. */
  readonly lastLines: readonly string[];
}

export interface FailureOptions {
  readonly cause?: unknown;
  /** The step in which it happened, by its name in the recipe. */
  readonly step?: string;
  readonly command?: FailedCommand;
  /** Path of the full log. */
  readonly log?: string;
}

/** The JSON form of a {@link Failure}. */
export interface FailureRecord {
  readonly kind: FailureKind;
  readonly diagnostics: readonly Diagnostic[];
  readonly step?: string;
  readonly command?: FailedCommand;
  readonly log?: string;
}

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly diagnostics: readonly [Diagnostic, ...Diagnostic[]];
  readonly step: string | undefined;
  readonly command: FailedCommand | undefined;
  readonly log: string | undefined;

  constructor(
    kind: FailureKind,
    diagnostics: Diagnostic | readonly [Diagnostic, ...Diagnostic[]],
    options: FailureOptions = {},
  ) {
    const list = isList(diagnostics) ? diagnostics : ([diagnostics] as const);
    super(list[0].what, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.diagnostics = list;
    this.step = options.step;
    this.command = options.command;
    this.log = options.log;
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }

  /** The same failure with more known about where it happened; what is already known stays. */
  with(known: Pick<FailureOptions, 'step' | 'log'>): Failure {
    const { step, log } = { step: this.step ?? known.step, log: this.log ?? known.log };
    return new Failure(this.kind, this.diagnostics, {
      cause: this.cause ?? this,
      ...(step === undefined ? {} : { step }),
      ...(log === undefined ? {} : { log }),
      ...(this.command === undefined ? {} : { command: this.command }),
    });
  }

  toRecord(): FailureRecord {
    return {
      kind: this.kind,
      diagnostics: this.diagnostics,
      ...(this.step === undefined ? {} : { step: this.step }),
      ...(this.command === undefined ? {} : { command: this.command }),
      ...(this.log === undefined ? {} : { log: this.log }),
    };
  }

  static fromRecord(record: FailureRecord): Failure {
    const [first, ...rest] = record.diagnostics;
    return new Failure(record.kind, [first ?? { what: 'Unknown failure.' }, ...rest], record);
  }

  /** Throws what several pieces of work met, as one failure of the first one's kind that tells of all; nothing when there is none. */
  static throwAll(failures: readonly Failure[]): void {
    const [first, ...others] = failures;
    if (first === undefined) return;
    if (others.length === 0) throw first;
    const more = others.flatMap(({ diagnostics }) => diagnostics);
    const { kind, diagnostics, step, command, log } = first;
    throw new Failure(kind, [...diagnostics, ...more], {
      cause: first,
      ...(step === undefined ? {} : { step }),
      ...(command === undefined ? {} : { command }),
      ...(log === undefined ? {} : { log }),
    });
  }

  /** Any thrown value as a Failure; what is not one already is a defect of ours (`internal`). */
  static from(error: unknown): Failure {
    if (error instanceof Failure) return error;
    // What is disposed of after a failure may fail too (TC39 explicit resource management); the first is the reason.
    const { suppressed } = (error ?? {}) as { readonly suppressed?: unknown };
    if (suppressed !== undefined) return Failure.from(suppressed);
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      return new Failure(
        'space',
        {
          what: 'The disk is full.',
          found: error instanceof Error ? error.message : String(error),
          hint: 'Free space where the workspace and the output directory are, then run the same command again.',
        },
        { cause: error },
      );
    }
    if (code === 'EFBIG') {
      return new Failure(
        'host',
        {
          what: 'A file would be larger than its file system allows.',
          expected: 'a file system for files of that size; ext4 ends at 16 TiB, FAT at 4 GiB',
          found: error instanceof Error ? error.message : code,
          hint: 'Put the workspace and the output directory on another file system, such as XFS, or make the file smaller.',
        },
        { cause: error },
      );
    }
    const refused = systemError(error);
    if (refused !== undefined) return refused;
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return new Failure(
      'internal',
      { what, hint: 'This is a defect of lunsmith: please report it with this text.' },
      { cause: error },
    );
  }
}

/** What the system refused of a file is no defect of ours: it has a place, and words of its own. */
function systemError(error: unknown): Failure | undefined {
  const { code, syscall, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || path === undefined) return undefined;
  return new Failure(
    'host',
    {
      what: `The system refuses to ${SYSCALL_WORDS[syscall] ?? `do \`${syscall}\` on`} ${path}.`,
      found: error instanceof Error ? error.message : code,
      hint: 'Look at its kind, its owner and its mode, and at those of the folders above it.',
    },
    { cause: error },
  );
}

const SYSCALL_WORDS: Readonly<Record<string, string>> = {
  open: 'open',
  read: 'read',
  scandir: 'list',
  opendir: 'list',
  stat: 'look at',
  lstat: 'look at',
  mkdir: 'make',
  rename: 'rename',
  unlink: 'remove',
  rmdir: 'remove',
  rm: 'remove',
};

function isList(
  value: Diagnostic | readonly [Diagnostic, ...Diagnostic[]],
): value is readonly [Diagnostic, ...Diagnostic[]] {
  return Array.isArray(value);
}

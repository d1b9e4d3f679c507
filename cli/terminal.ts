/** What the command line is handed of the process that it runs in, so that tests can hand it something else. */

/** A stream to write text to; the facts of a terminal are absent on a pipe or a file. */
export interface TextStream {
  readonly isTTY?: boolean;
  /** Width in cells and height in lines; both change when the window does. */
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** The stream of results, which may be bytes of a file. */
export interface OutputStream extends TextStream {
  write(content: string | Uint8Array): unknown;
}

export interface Clock {
  /** Milliseconds since an arbitrary moment; never goes back. */
  now(): number;
  /** Calls `tick` every so many milliseconds until the returned function is called; does not keep the process alive. */
  every(milliseconds: number, tick: () => void): () => void;
}

export interface Terminal {
  /** Absent: nobody can type anything. */
  readonly stdin?: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path that relative paths of the user start from. */
  readonly cwd: string;
  readonly clock: Clock;
}

/** What is typed, or comes through a pipe. */
export interface InputStream {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', take: (bytes: Buffer) => void): unknown;
  off(event: 'data', take: (bytes: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every: (milliseconds, tick) => {
    const timer = setInterval(tick, milliseconds);
    timer.unref();
    return () => clearInterval(timer);
  },
};

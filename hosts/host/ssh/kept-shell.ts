/**
 * A shell on the host that stays, and runs one tool after another: a session for each of them costs a start of the login shell, and
 * with it what its start-up files do, which may take seconds.
 */
import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { failed, interrupted } from '../../../base/command-failures.js';
import type { Argv, Ports, RunOptions, RunResult } from '../../../base/ports.js';
import { printfFormat, shellCommand } from '../../../base/shell-word.js';

/** Bytes of an input that is sent by the same way as the commands; dd(1) holds all of it at once. */
const MOST_INPUT = 2 ** 18;
/** Milliseconds that an idle shell may take to end. */
const END_MS = 1000;
/** Of what a tool that failed said. */
const KEPT_LINES = 40;

export interface KeptShell extends AsyncDisposable {
  /**
   * As a session of its own would: one tool at a time.
   * @throws Failure as the port; with the exit code of ssh when the shell is gone
   */
  run(argv: Argv, options: RunOptions): Promise<RunResult>;
  /** Whether it has ended, by whatever. */
  readonly gone: boolean;
}

/** Whether a kept shell may run it: a query of ours, whose output nobody looks at before its end. */
export function keepable({ quiet, input, ...others }: RunOptions): boolean {
  const { stream, timeout, onLine, onBytes, env, cwd } = others;
  return (
    quiet === true &&
    [stream, timeout, onLine, onBytes, env, cwd].every((each) => each === undefined) &&
    Buffer.byteLength(input ?? '') <= MOST_INPUT
  );
}

/**
 * What is heard of one tool. A word stands before and behind what it prints, behind with the exit code: what a start-up file prints
 * comes before the first.
 */
class Hearing {
  readonly word = `lunsmith-${randomUUID()}`;
  readonly ended: Promise<RunResult>;
  readonly stderr: string[] = [];
  #tell: (result: RunResult) => void = () => undefined;
  #stdout = Buffer.alloc(0);
  #exitCode: number | undefined;
  /** How often the word came on standard error. */
  #words = 0;

  constructor() {
    this.ended = new Promise((resolve) => (this.#tell = resolve));
  }

  hear(bytes: Uint8Array): void {
    const mark = Buffer.from(`\n${this.word} `);
    const from = Math.max(0, this.#stdout.length - mark.length - '255'.length);
    this.#stdout = Buffer.concat([this.#stdout, bytes]);
    const at = this.#stdout.indexOf(mark, from);
    const end = at < 0 ? -1 : this.#stdout.indexOf('\n', at + mark.length);
    if (end < 0) return;
    this.#exitCode = Number(this.#stdout.toString('latin1', at + mark.length, end));
    const begin = Buffer.from(`${this.word}\n`);
    this.#stdout = this.#stdout.subarray(this.#stdout.indexOf(begin) + begin.length, at + 1);
    this.#settle();
  }

  hearError(line: string): void {
    if (line !== this.word) {
      this.stderr.push(line);
      return;
    }
    this.#words += 1;
    if (this.#words === 1) {
      this.stderr.length = 0;
      return;
    }
    // The end of the line that the word begins behind.
    if (this.stderr.at(-1) === '') this.stderr.pop();
    this.#settle();
  }

  #settle(): void {
    if (this.#exitCode === undefined || this.#words < 2) return;
    const stdout = this.#stdout.toString('utf8', 0, this.#stdout.length - 1);
    this.#tell({ stdout, stderr: this.stderr.join('\n'), exitCode: this.#exitCode });
  }
}

/** One line for the shell. Its input is the one that the lines come by, so that a tool is given another. */
function lineFor(
  argv: Argv,
  bytes: number,
  { token, word }: { readonly token: string; readonly word: string },
): string {
  const input =
    bytes === 0
      ? `( exec ${shellCommand(argv)} ) </dev/null`
      : `dd bs=${bytes} count=1 iflag=fullblock 2>/dev/null | ( exec ${shellCommand(argv)} )`;
  const before = `printf '%s\\n' ${word}; printf '\\n%s\\n' ${word} >&2`;
  const behind = `printf '\\n%s %s\\n' ${word} "$?"; printf '\\n%s\\n' ${word} >&2`;
  return `${token}${printfFormat(`${before}; ${input}; ${behind}`)}\n`;
}

/** @param session what runs the script KEPT on the host, which is handed the token that a line begins with @param env of ssh here */
export async function keptShell(
  session: (token: string) => Argv,
  env: Readonly<Record<string, string>>,
  ports: Pick<Ports, 'start' | 'signal'>,
): Promise<KeptShell> {
  const input = new PassThrough();
  const token = `lunsmith-${randomUUID()} `;
  const argv = session(token);
  let hearing: Hearing | undefined;
  const tool = await ports.start(argv, {
    doing: 'keep a shell on the host',
    env,
    quiet: true,
    stream: input,
    onBytes: (bytes) => Promise.resolve(hearing?.hear(bytes)),
    onLine: (line) => hearing?.hearError(line),
  });
  let gone = false;
  const ended = tool.ended.then((end) => {
    gone = true;
    return end;
  });
  return {
    get gone() {
      return gone;
    },
    run: async (wanted, options) => {
      if (ports.signal.aborted) throw interrupted(options);
      const own = new Hearing();
      hearing = own;
      const content = Buffer.from(options.input ?? '');
      input.write(lineFor(wanted, content.length, { token, word: own.word }));
      input.write(content);
      const result = await Promise.race([own.ended, ended]);
      hearing = undefined;
      if (ports.signal.aborted) throw interrupted(options);
      const whole = 'stdout' in result ? result : undefined;
      if (whole === undefined || !(options.okExitCodes ?? [0]).includes(whole.exitCode))
        throw failed(argv, options, result, own.stderr.slice(-KEPT_LINES), false);
      return whole;
    },
    [Symbol.asyncDispose]: async () => {
      // It ends by itself, so that sshd knows that there is room for another session when we go on.
      input.end();
      await Promise.race([ended, delay(END_MS, undefined, { ref: false })]);
      await tool[Symbol.asyncDispose]();
    },
  };
}

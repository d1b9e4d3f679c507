/** Talks to the client's shell on its serial console. */
import { randomBytes } from 'node:crypto';
import { Broken } from './broken.js';
import type { SerialConsole } from './console.js';
import type { GateAccount } from './credentials.js';
import type { Patience } from './patience.js';

export interface SessionOptions {
  readonly console: SerialConsole;
  /** That of the login. */
  readonly prompt: RegExp;
  readonly signal: AbortSignal;
  /** For one answer. */
  readonly patience: Patience;
}

export interface CommandOutput {
  /** Without the kernel's messages that came in between. */
  readonly text: string;
  readonly status: number;
}

export interface Session {
  /** Runs a line of sh(1), at most some 1000 characters: a terminal takes no more than 4095 at once. */
  run(line: string): Promise<CommandOutput>;
  /** Types a line whose end is not awaited. */
  type(line: string): void;
}

/** The prompt of a system that asks with these words, after its host's name, who logs in. */
export function loginPrompt(words: string): RegExp {
  const literal = words.replaceAll(/[^\w\s]/g, '\\$&');
  return new RegExp(`(?:^|\\n)[\\w.-]+${literal} ?`);
}

const SHELL = /[#$] ?$/;
/** A wrong answer, to what was no prompt, is made good by the next. */
const TRIES = 3;

/** Awaits the login prompt, also one in the middle of which the kernel had something to say. */
export async function awaitLogin(
  terminal: SerialConsole,
  prompt: RegExp,
  patience: Patience,
  signal: AbortSignal,
): Promise<void> {
  const read = (unread: string) => (prompt.test(unread.replaceAll(MESSAGES, '')) ? unread : undefined);
  await terminal.atRest(read, { patience, what: 'the login prompt', signal });
}

/**
 * Logs in at the prompt that was awaited. In which words a system asks for the password depends on its language; that it
 * asks is seen from a line that has no end.
 * @throws Broken when the account is refused
 */
export async function logIn(account: GateAccount, options: SessionOptions): Promise<Session> {
  const { console: terminal, signal, patience } = options;
  terminal.send(`${account.name}\n`);
  for (let tries = 0; ; tries++) {
    const prompt = await terminal.atRest(openLine, { patience, what: 'a prompt after the login’s', signal });
    if (SHELL.test(prompt)) break;
    if (tries === TRIES || options.prompt.test(prompt)) {
      throw new Broken(
        'The system refused the account that its service manager was told of (credential tmpfiles.extra; systemd 252 or later takes it).',
      );
    }
    terminal.send(`${account.password}\n`);
  }
  const session: Session = { run: (line) => run(line, options), type: (line) => terminal.send(`${line}\n`) };
  // No echo, no prompt and none of the kernel's messages among the answers.
  await session.run(
    "stty -echo; PS1=''; PS2=''; dmesg -n 1; export SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat TERM=dumb",
  );
  return session;
}

/** A message of the kernel, or of systemd about a unit: they come at any time, also after a prompt. */
const MESSAGES = /\[(?: *\d+\.\d+| *[A-Z*]+ *)\] [^\n]*\n/g;

/** The line that is said after another has ended and has no end itself, apart from messages that came in between. */
export function openLine(text: string): string | undefined {
  const plain = text.replaceAll(MESSAGES, '');
  const line = plain.slice(plain.lastIndexOf('\n') + 1);
  return text.includes('\n') && /\S/.test(line) && !/^\[ *\d/.test(line) ? line : undefined;
}

/** The marks are put together by the shell, so that the echo of what was typed does not look like them. */
async function run(
  line: string,
  { console: terminal, signal, patience }: SessionOptions,
): Promise<CommandOutput> {
  const mark = randomBytes(6).toString('hex');
  terminal.skip();
  terminal.send(
    `printf '\\n%s-%s\\n' begin ${mark}; { ${line}; } 2>&1; printf '\\n%s-%s-%d-\\n' end ${mark} $?\n`,
  );
  const pattern = new RegExp(`\\nbegin-${mark}\\n([\\s\\S]*)\\nend-${mark}-(\\d+)-`);
  const what = `the end of \`${line.length > 60 ? `${line.slice(0, 60)}…` : line}\``;
  const [, text = '', status = ''] = await terminal.expect(pattern, { patience, what, signal });
  const lines = text.split('\n').filter((each) => !/^\[ *\d+\.\d{6}\] /.test(each));
  return { text: lines.join('\n').trim(), status: Number(status) };
}

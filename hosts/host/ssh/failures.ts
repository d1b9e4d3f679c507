/** What a failed ssh says of the tool that it ran, of the connection, or of itself. */

import { Failure } from '../../../base/failure.js';
import type { Argv } from '../../../base/ports.js';
import { installWords } from '../package-of.js';
import type { SshMaster } from './ssh-master.js';

/** ssh(1), EXIT STATUS: an error of ssh; but a tool may end with it too. */
const CONNECTION = 255;
/** POSIX.1-2017, Shell Command Language, 2.8.2: the command is not found. */
const NOT_FOUND = 127;
/** Words of ssh when the connection takes no further session. */
const REFUSED = /session request failed|Session open refused/;

interface Situation {
  readonly name: string;
  /** Verb phrase. */
  readonly doing: string;
  readonly master: Pick<SshMaster, 'alive' | 'lastWords'>;
}

/** The failure of an ssh as that of the tool on the host. @param argv of the tool */
export async function onHost(error: unknown, argv: Argv, situation: Situation): Promise<unknown> {
  if (!(error instanceof Failure) || error.command === undefined) return error;
  const { name, doing, master } = situation;
  const { exitCode, lastLines } = error.command;
  if (exitCode === CONNECTION && (lastLines.some((line) => REFUSED.test(line)) || !(await master.alive())))
    return connectionFailure(error, situation);
  const [tool] = argv;
  const command = { ...error.command, argv };
  if (exitCode === NOT_FOUND) {
    return new Failure(
      'host',
      {
        what: `Cannot ${doing}: the program ${tool} is missing on ${name}.`,
        ...(lastLines.at(-1) === undefined ? {} : { found: lastLines.at(-1) as string }),
        hint: `Install it on ${name}: ${installWords(tool)}. Then run the same command again.`,
      },
      { cause: error, command },
    );
  }
  const found = (error.diagnostics[0].found ?? '').replace(/^ssh:/, `${tool} on ${name}:`);
  if (error.kind === 'space') {
    const hint = `Free space on ${name}, then run the same command again.`;
    const what = `The disk of ${name} is full: could not ${doing}.`;
    return new Failure('space', { what, found, hint }, { cause: error, command });
  }
  return new Failure(error.kind, { ...error.diagnostics[0], found }, { cause: error, command });
}

/** The connection is gone, or takes nothing more. */
export function connectionFailure(error: unknown, { name, doing, master }: Situation): unknown {
  if (!(error instanceof Failure) || error.command === undefined) return error;
  const { lastLines } = error.command;
  const refused = lastLines.some((line) => REFUSED.test(line));
  return new Failure(
    'network',
    {
      what: refused
        ? `${name} takes no further session on one connection: could not ${doing}.`
        : `The connection to ${name} is lost: could not ${doing}.`,
      found: master.lastWords() ?? lastLines.at(-1) ?? 'nothing was said',
      hint: refused
        ? `Raise MaxSessions in its sshd_config to 10 or more, then run the same command again.`
        : 'Run the same command again: it goes on, or begins anew, from a whole state.',
    },
    { cause: error, command: error.command },
  );
}

export interface Refusal {
  readonly name: string;
  /** `root@san1`. */
  readonly login: string;
  /** What to run to see it oneself. */
  readonly command: string;
}

/** A shell start-up file that prints does so into everything that is read from there. */
export function printingAccount({ name, login, command }: Refusal, line: string): Failure {
  return new Failure('network', {
    what: `The account ${login} prints before it does what it is told: nothing that it answers could be relied on.`,
    expected: `nothing on standard output of ${name} but what a command prints`,
    found: JSON.stringify(line.slice(0, 200)),
    hint: `A start-up file of its shell (.bashrc, .cshrc, config.fish, /etc/profile.d) prints it, or a forced command; let it do so for terminals only. See it: ${command}`,
  });
}

/** It ended without a word of ours. @param said last lines, of standard error too */
export function noShell({ name, login, command }: Refusal, said: readonly string[], end: string): Failure {
  return new Failure('network', {
    what: `The account ${login} lets us in and runs no command.`,
    expected: `a login shell that runs \`sh -c\` on ${name}`,
    found: said.at(-1) ?? end,
    hint: `Give it a shell such as /bin/sh: chsh, or another account. See it: ${command}`,
  });
}

export function noSudo({ name, login }: Refusal, said: string): Failure {
  return new Failure('host', {
    what: `${login} may not use sudo on ${name} without a password.`,
    expected: 'the host with `sudo: true` in lunsmith.yaml to run `sudo -n`',
    found: said,
    hint: `Give it a line such as \`${login.split('@')[0]} ALL=(root) NOPASSWD: ALL\` in a file of /etc/sudoers.d there, or connect as root.`,
  });
}

/** What a failed ssh says of the tool that it ran, of the connection, or of itself. */

import { Failure } from '../../../base/failure.js';
import type { Argv } from '../../../base/ports.js';
import type { SshMaster } from './master.js';

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
        hint: `Install it on ${name}, then run the same command again.`,
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

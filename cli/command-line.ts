/** The whole command line but for the process that it runs in: arguments and streams in, an exit code out. */
import { Command } from '@commander-js/extra-typings';
import { CommanderError } from 'commander';
import { EXIT_CODES, Failure } from '../artifacts/failure.js';
import { lunsmithVersion } from '../pipeline/version.js';
import { addBuildCommand } from './commands/build.js';
import { addCacheCommand } from './commands/cache.js';
import { addCheckCommand } from './commands/check.js';
import { addClientCommand } from './commands/client.js';
import { addDemoCommand } from './commands/demo.js';
import { addDiffCommand } from './commands/diff.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addExplainCommand } from './commands/explain.js';
import { addInitCommand } from './commands/init.js';
import { addInspectCommand } from './commands/inspect.js';
import { addLockCommand } from './commands/lock.js';
import { addPlanCommand } from './commands/plan.js';
import { addPromoteCommand, addRollbackCommand } from './commands/promote.js';
import { addProveCommand } from './commands/prove.js';
import { addPublishCommand } from './commands/publish.js';
import { addServeCommand } from './commands/serve.js';
import { addStatusCommand } from './commands/status.js';
import { openSession, type Session } from './session.js';
import type { Terminal } from './terminal.js';

export interface CommandLine {
  /** Runs one command to its end and gives the exit code of the process; never rejects. */
  run(args: readonly string[]): Promise<number>;
  /** Gives the terminal back as it was found, at whatever point the command is. */
  close(): void;
}

export function createCommandLine(terminal: Terminal, signal: AbortSignal): CommandLine {
  const session = openSession(terminal, signal);
  return {
    run: async (args) => {
      try {
        await createProgram(session, await lunsmithVersion()).parseAsync(args, { from: 'user' });
        return 0;
      } catch (error) {
        if (error instanceof CommanderError && error.exitCode === 0) return 0;
        const failure = asFailure(error, signal);
        session.fail(failure);
        return failure.exitCode;
      } finally {
        session.close();
      }
    },
    close: () => session.close(),
  };
}

function createProgram(session: Session, version: string): Command {
  const { stdout, stderr } = session.terminal;
  const program = new Command('lunsmith')
    .description(
      'Recipes in, proven releases out: LUN images and boot artifacts for machines that boot over iSCSI.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      // Thrown as well, and printed as every other failure is.
      outputError: () => undefined,
    })
    .addHelpText('after', HELP);
  addCheckCommand(program, session);
  addLockCommand(program, session);
  addPlanCommand(program, session);
  addBuildCommand(program, session);
  addProveCommand(program, session);
  addPublishCommand(program, session);
  addPromoteCommand(program, session);
  addRollbackCommand(program, session);
  addClientCommand(program, session);
  addStatusCommand(program, session);
  addExplainCommand(program, session);
  addDoctorCommand(program, session);
  addServeCommand(program, session);
  addInspectCommand(program, session);
  addDiffCommand(program, session);
  addCacheCommand(program, session);
  addInitCommand(program, session);
  addDemoCommand(program, session);
  return program;
}

const HELP = `
The main line:
  $ npx lunsmith init my-recipe                      a commented recipe to start from
  $ npx lunsmith check my-recipe                     is it right? is all on this host that it needs?
  $ npx lunsmith lock my-recipe                      write down exactly which packages, for every later build
  $ npx lunsmith build my-recipe --output out        a release: out/my-recipe/latest
  $ npx lunsmith prove out/my-recipe/latest          boot it over iSCSI, as a client would
  $ npx lunsmith publish out/my-recipe/latest        send it to the target host of lunsmith.yaml
  $ npx lunsmith promote my-recipe stable            what the clients of that channel boot next
  $ npx lunsmith client add web1                     a LUN of its own for a machine of lunsmith.yaml
  $ npx lunsmith inspect out/my-recipe/latest        what is in it, and what is proven of it
  $ npx lunsmith diff out/my-recipe/releases/OLD out/my-recipe/latest

Exit codes:
${exitCodeLines().join('\n')}`;

function exitCodeLines(): string[] {
  const codes = Object.entries(EXIT_CODES).map(([kind, code]) => `${code} ${kind}`);
  const half = Math.ceil((codes.length + 1) / 2);
  const all = ['0 done', ...codes];
  return [all.slice(0, half), all.slice(half)].map((part) => `  ${part.join(', ')}`);
}

/** What was thrown as the failure to tell the user. */
function asFailure(error: unknown, signal: AbortSignal): Failure {
  if (error instanceof CommanderError) return usageFailure(error);
  const failure = Failure.from(error);
  // What breaks because it was stopped is no defect of its own.
  const stopped = signal.aborted && failure.kind !== 'interrupted';
  return stopped ? new Failure('interrupted', { what: 'Interrupted.' }, { cause: error }) : failure;
}

function usageFailure(error: CommanderError): Failure {
  if (error.code === 'commander.help') {
    return new Failure('usage', { what: 'No command given.', hint: 'One of the commands above.' });
  }
  const [, message = '', nearest] =
    /^(?:error: )?(.*?)(?:\n\(Did you mean (.*)\?\))?$/s.exec(error.message) ?? [];
  const sentence = message.charAt(0).toUpperCase() + message.slice(1).replace(/\.?$/, '.');
  return new Failure('usage', {
    what: sentence.replaceAll("'", '`'),
    hint:
      nearest === undefined
        ? '`npx lunsmith --help` lists commands; each has its own --help.'
        : `Did you mean ${nearest}?`,
  });
}

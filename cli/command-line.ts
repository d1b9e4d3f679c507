/** The whole command line but for the process that it runs in: arguments and streams in, an exit code out. */
import { Command } from '@commander-js/extra-typings';
import { CommanderError } from 'commander';
import { EXIT_CODES, Failure } from '../base/failure.js';
import { hidePasswords } from '../base/url.js';
import { lunsmithVersion } from '../base/version.js';
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
        // `help client add` is the page of `client add`, not that of `client`.
        const asked = args[0] === 'help' && args.length > 1 ? [...args.slice(1), '--help'] : args;
        const program = await createProgram(session, await lunsmithVersion(), asked[0]);
        await program.parseAsync(asked, { from: 'user' });
        return 0;
      } catch (error) {
        if (error instanceof CommanderError && error.exitCode === 0) return 0;
        const failure = asFailure(error, args, signal);
        session.fail(failure);
        return failure.exitCode;
      } finally {
        session.close();
      }
    },
    close: () => session.close(),
  };
}

/**
 * All commands, in the order of the help. Only the module of the one that is called is loaded: all of them take longer than
 * a build of which nothing changed.
 */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command, session: Session) => void>>> = {
  check: async () => (await import('./commands/check.js')).addCheckCommand,
  lock: async () => (await import('./commands/lock.js')).addLockCommand,
  plan: async () => (await import('./commands/plan.js')).addPlanCommand,
  build: async () => (await import('./commands/build.js')).addBuildCommand,
  prove: async () => (await import('./commands/prove.js')).addProveCommand,
  boot: async () => (await import('./commands/boot.js')).addBootCommand,
  publish: async () => (await import('./commands/publish.js')).addPublishCommand,
  promote: async () => (await import('./commands/promote.js')).addPromoteCommand,
  rollback: async () => (await import('./commands/promote.js')).addRollbackCommand,
  release: async () => (await import('./commands/release.js')).addReleaseCommand,
  client: async () => (await import('./commands/client.js')).addClientCommand,
  apply: async () => (await import('./commands/apply.js')).addApplyCommand,
  capture: async () => (await import('./commands/capture.js')).addCaptureCommand,
  status: async () => (await import('./commands/status.js')).addStatusCommand,
  metrics: async () => (await import('./commands/metrics.js')).addMetricsCommand,
  explain: async () => (await import('./commands/explain.js')).addExplainCommand,
  doctor: async () => (await import('./commands/doctor.js')).addDoctorCommand,
  repair: async () => (await import('./commands/repair.js')).addRepairCommand,
  take: async () => (await import('./commands/take.js')).addTakeCommand,
  stick: async () => (await import('./commands/stick.js')).addStickCommand,
  serve: async () => (await import('./commands/serve.js')).addServeCommand,
  inspect: async () => (await import('./commands/inspect.js')).addInspectCommand,
  report: async () => (await import('./commands/report.js')).addReportCommand,
  ls: async () => (await import('./commands/ls.js')).addLsCommand,
  cat: async () => (await import('./commands/cat.js')).addCatCommand,
  extract: async () => (await import('./commands/extract.js')).addExtractCommand,
  shell: async () => (await import('./commands/shell.js')).addShellCommand,
  diff: async () => (await import('./commands/diff.js')).addDiffCommand,
  cache: async () => (await import('./commands/cache.js')).addCacheCommand,
  init: async () => (await import('./commands/init.js')).addInitCommand,
  demo: async () => (await import('./commands/demo.js')).addDemoCommand,
  completion: async () => (await import('./commands/completion.js')).addCompletionCommand,
};

/** All commands at once, for what is made of them. */
export async function allCommands(terminal: Terminal): Promise<Command> {
  const session = openSession(terminal, new AbortController().signal);
  return createProgram(session, await lunsmithVersion(), undefined);
}

/** @param called the first argument: the name of a command, or whatever else was given */
async function createProgram(
  session: Session,
  version: string,
  called: string | undefined,
): Promise<Command> {
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
      getOutHelpWidth: () => stdout.columns || 100,
      getErrHelpWidth: () => stderr.columns || 100,
      // Thrown as well, and printed as every other failure is.
      outputError: () => undefined,
    })
    .addHelpText('after', HELP);
  // Whatever completes the others has to know them.
  const isCommand = called !== undefined && called !== 'completion' && Object.hasOwn(COMMANDS, called);
  const names = isCommand ? [called] : Object.keys(COMMANDS);
  for (const name of names) (await COMMANDS[name]?.())?.(program, session);
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
  $ npx lunsmith apply                               the same for all machines of lunsmith.yaml
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
function asFailure(error: unknown, args: readonly string[], signal: AbortSignal): Failure {
  if (error instanceof CommanderError) return usageFailure(error, args);
  const failure = Failure.from(error);
  // What breaks because it was stopped is no defect of its own.
  const stopped = signal.aborted && failure.kind !== 'interrupted';
  return stopped ? new Failure('interrupted', { what: 'Interrupted.' }, { cause: error }) : failure;
}

function usageFailure(error: CommanderError, args: readonly string[]): Failure {
  if (error.code === 'commander.help') {
    return new Failure('usage', { what: 'No command given.', hint: 'One of the commands above.' });
  }
  const [, message = '', nearest] =
    /^(?:error: )?(.*?)(?:\n\(Did you mean (.*)\?\))?$/s.exec(error.message) ?? [];
  const sentence = message.charAt(0).toUpperCase() + message.slice(1).replace(/\.?$/, '.');
  // The option that was refused is repeated.
  const what = hidePasswords(sentence.replaceAll("'", '`'));
  if (error.code === 'commander.unknownOption' && nearest === undefined && args[0] === 'shell') {
    const hint =
      'A command that is run inside stands after `--`, with its options: `npx lunsmith shell RELEASE -- COMMAND`.';
    return new Failure('usage', { what, hint });
  }
  return new Failure('usage', {
    what,
    hint:
      nearest === undefined
        ? '`npx lunsmith --help` lists commands; each has its own --help.'
        : `Did you mean ${nearest}?`,
  });
}

/** The command line as data: what may stand after which words. Called by the scripts for the shells. */

export interface OptionWords {
  /** `--json`, and a short form if it has one. */
  readonly names: readonly string[];
  readonly about: string;
  /** Whether a value follows. */
  readonly value: boolean;
  /** All values, where only these are right. */
  readonly choices: readonly string[];
}

export interface CommandWords {
  /** `client add`; empty for the program itself. */
  readonly path: string;
  readonly about: string;
  /** Names of the commands below it. */
  readonly commands: readonly string[];
  readonly options: readonly OptionWords[];
}

/** What is asked of commander's `Command`. */
export interface AnyCommand {
  name(): string;
  summary(): string;
  description(): string;
  readonly commands: readonly AnyCommand[];
  readonly options: readonly {
    readonly long?: string | undefined;
    readonly short?: string | undefined;
    readonly description: string;
    readonly required: boolean;
    readonly optional: boolean;
    readonly argChoices?: readonly string[] | undefined;
  }[];
}

const HELP: OptionWords = { names: ['--help', '-h'], about: 'print this help', value: false, choices: [] };

/** The program and all its commands, each before those below it. */
export function commandWords(program: AnyCommand, above: readonly string[] = []): CommandWords[] {
  const own: CommandWords = {
    path: above.join(' '),
    about: program.summary() || program.description(),
    commands: program.commands.map((each) => each.name()),
    options: [
      ...program.options.map(({ long, short, description, required, optional, argChoices }) => ({
        names: [long, short].filter((name) => name !== undefined),
        about: description,
        value: required || optional,
        choices: argChoices ?? [],
      })),
      HELP,
    ],
  };
  return [own, ...program.commands.flatMap((each) => commandWords(each, [...above, each.name()]))];
}

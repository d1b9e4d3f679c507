/** lunsmith(1) out of the commands themselves, as `--help` shows them: what differs between both cannot come to be. */
import type { EventEmitter } from 'node:events';
import { EXIT_CODES } from '../../base/failure.js';
import { roffLines, roffTerm, roffText, roffWord } from './roff.js';

interface Argument {
  name(): string;
  readonly description: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly defaultValue?: unknown;
  readonly defaultValueDescription?: string | undefined;
  readonly argChoices?: readonly string[] | undefined;
}

interface Option {
  readonly flags: string;
  readonly description: string;
  readonly defaultValue?: unknown;
  readonly defaultValueDescription?: string | undefined;
  readonly argChoices?: readonly string[] | undefined;
  readonly envVar?: string | undefined;
}

/** What is asked of commander's `Command`. */
export interface ManualCommand {
  name(): string;
  summary(): string;
  description(): string;
  readonly commands: readonly ManualCommand[];
  readonly options: readonly Option[];
  readonly registeredArguments: readonly Argument[];
}

export function manualPage(program: ManualCommand): string {
  return [
    '.\\" Made by `npm run generate` from the commands; do not edit it.',
    '.TH LUNSMITH 1 "" lunsmith "User Commands"',
    '.SH NAME',
    `lunsmith \\- ${roffText('recipes in, proven releases out')}`,
    '.SH SYNOPSIS',
    '.B lunsmith',
    '.I command',
    '.RI [ argument ...]',
    '.RI [ option ...]',
    '.SH DESCRIPTION',
    roffText(program.description()),
    ...mainLine(program),
    '.SH COMMANDS',
    ...program.commands.flatMap((command) => commandPart(command, [])),
    '.SH EXIT STATUS',
    ...roffTerm('0', 'done'),
    ...Object.entries(EXIT_CODES).flatMap(([kind, code]) => roffTerm(String(code), kind)),
    '.SH SEE ALSO',
    'The pages of',
    '.I docs/',
    'beside the program, which begin with README.md;',
    '.BR mmdebstrap (1),',
    '.BR tgtd (8),',
    '.BR dnsmasq (8)',
    '',
  ].join('\n');
}

/** The examples of the program's own help. */
function mainLine(program: ManualCommand): string[] {
  const lines = helpAfter(program);
  const end = lines.findIndex((line) => line.startsWith('Exit codes'));
  return ['.PP', ...roffLines(end < 0 ? lines : lines.slice(0, end).join('\n').trimEnd().split('\n'))];
}

function commandPart(command: ManualCommand, above: readonly string[]): string[] {
  const names = [...above, command.name()];
  const below = command.commands.flatMap((each) => commandPart(each, names));
  const synopsis = [
    ...command.registeredArguments.map(argumentWord),
    ...(command.options.length > 0 ? ['[options]'] : []),
  ];
  const after = helpAfter(command);
  const own = [
    `.SS ${roffWord(['lunsmith', ...names, ...synopsis].join(' '))}`,
    roffText(command.description() || command.summary()),
    ...command.registeredArguments.flatMap((each) => roffTerm(argumentWord(each), meaning(each))),
    ...command.options.flatMap((each) => roffTerm(each.flags, meaning(each))),
    ...(after.length === 0 ? [] : ['.PP', ...roffLines(after)]),
  ];
  // A command that only holds others is known by them.
  return command.commands.length > 0 && command.options.length === 0 ? below : [...own, ...below];
}

function argumentWord(argument: Argument): string {
  const word = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${word}>` : `[${word}]`;
}

function meaning({
  description,
  defaultValue,
  defaultValueDescription,
  argChoices,
  envVar,
}: Omit<Option, 'flags'>): string {
  const more = [
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(defaultValue === undefined
      ? []
      : [
          `default: ${defaultValueDescription ?? (typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue))}`,
        ]),
    ...(envVar === undefined ? [] : [`environment: ${envVar}`]),
  ];
  return more.length === 0 ? description : `${description} (${more.join('; ')})`;
}

/** What `--help` says after the options, line by line; whoever has the page has the program on the PATH. */
function helpAfter(command: ManualCommand): string[] {
  let text = '';
  // What `addHelpText` adds is listened for there; commander's types leave the emitter out.
  (command as unknown as EventEmitter).emit('afterHelp', { write: (more: string) => (text += more) });
  const trimmed = text.trim().replaceAll('npx lunsmith', 'lunsmith');
  return trimmed === '' ? [] : trimmed.split('\n');
}

/** Completion in fish, see complete(1) of fish. */
import type { CommandWords } from './words.js';

export function fishCompletion(all: readonly CommandWords[]): string {
  const below = all.filter(({ path }) => path !== '').map(({ path }) => fishWord(path));
  return [
    '# Whether the words so far lead to this command.',
    'function __lunsmith_at',
    '  set -l at',
    '  for word in (commandline -opc)[2..]',
    '    set -l next (string join -- " " $at $word)',
    `    contains -- "$next" ${below.join(' ')}; and set at $at $word`,
    '  end',
    '  test "$at" = "$argv[1]"',
    'end',
    ...all.flatMap(({ path, commands, options }) => [
      ...commands.map((name) => {
        const about = all.find((each) => each.path === [path, name].filter(Boolean).join(' '))?.about ?? '';
        return line(path, ['-f', '-a', fishWord(name), '-d', fishWord(about)]);
      }),
      ...options.map(({ names, about, value, choices }) =>
        line(path, [
          ...names.flatMap((name) => (name.startsWith('--') ? ['-l', name.slice(2)] : ['-s', name.slice(1)])),
          ...(choices.length > 0 ? ['-x', '-a', fishWord(choices.join(' '))] : value ? ['-r'] : []),
          ...['-d', fishWord(about)],
        ]),
      ),
    ]),
    '',
  ].join('\n');
}

function line(path: string, words: readonly string[]): string {
  return ['complete', '-c', 'lunsmith', '-n', fishWord(`__lunsmith_at ${fishWord(path)}`), ...words].join(
    ' ',
  );
}

/** In single quotes fish knows two escapes, see "Quotes" in fish-language(1). */
function fishWord(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')}'`;
}

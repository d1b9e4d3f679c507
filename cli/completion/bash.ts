/** Completion in bash, see "Programmable Completion" in bash(1). zsh reads the same script by its bashcompinit. */
import { shellWord } from '../../base/shell-word.js';
import type { CommandWords } from './words.js';

export function bashCompletion(all: readonly CommandWords[]): string {
  const below = all.filter(({ path }) => path !== '');
  const valued = all.flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .flatMap(({ names, choices }) => names.map((name) => ({ where: `${path}:${name}`, words: choices }))),
  );
  const cases = (entries: readonly { readonly where: string; readonly words: readonly string[] }[]) =>
    entries
      .filter(({ words }) => words.length > 0)
      .map(({ where, words }) => `    ${shellWord(where)}) words=${shellWord(words.join(' '))} ;;`);
  return [
    'if [ -n "${ZSH_VERSION-}" ]; then autoload -U +X bashcompinit && bashcompinit; fi',
    '_lunsmith() {',
    '  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} at= words= i',
    '  for ((i = 1; i < COMP_CWORD; i++)); do',
    '    case "${at:+$at }${COMP_WORDS[i]}" in',
    `      ${below.map(({ path }) => shellWord(path)).join('|')}) at="\${at:+$at }\${COMP_WORDS[i]}" ;;`,
    '    esac',
    '  done',
    '  case "$at:$before" in',
    ...cases(valued),
    '    *)',
    '      case $word in',
    '        -*)',
    '          case $at in',
    ...cases(
      all.map(({ path, options }) => ({ where: path, words: options.flatMap(({ names }) => names) })),
    ).map((line) => `        ${line}`),
    '          esac ;;',
    '        *)',
    '          case $at in',
    ...cases(all.map(({ path, commands }) => ({ where: path, words: commands }))).map(
      (line) => `        ${line}`,
    ),
    '          esac ;;',
    '      esac ;;',
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '}',
    // Files where there is nothing of ours.
    'complete -o default -F _lunsmith lunsmith',
    '',
  ].join('\n');
}

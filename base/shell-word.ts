/** The one place where words become text for a shell: a command for ssh, a script, or what a user may paste. */

/**
 * The word as one that a POSIX shell reads back as it is: in single quotes nothing has a meaning but the quote itself
 * (POSIX.1-2017, Shell Command Language, 2.2.2).
 * @throws TypeError for a NUL: no argument of a process can hold one
 */
export function shellWord(word: string): string {
  if (word.includes('\0')) throw new TypeError('an argument holds a NUL byte');
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** An argv as one command line. */
export function shellCommand(argv: readonly string[]): string {
  return argv.map(shellWord).join(' ');
}

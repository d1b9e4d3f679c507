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

/** Bytes that no shell takes for anything else in single quotes: neither `'`, nor what csh and fish find in them, `!` and a backslash. */
const PLAIN = /^[ "#$&()*+,./0-9:;<=>?@A-Z[\]^_`a-z{|}~-]$/;
/** Of one word; csh takes no longer one than 1024 (csh(1), LIMITATIONS). */
const PIECE = 800;

/** Each byte of a text as the format of a printf has it; no line break and no quote is left in it. */
function escapes(text: string): string[] {
  return [...Buffer.from(text)].map((byte) => {
    const char = String.fromCharCode(byte);
    return PLAIN.test(char) ? char : `\\${byte.toString(8).padStart(3, '0')}`;
  });
}

/** A text as one line that is the format of a printf which prints it. */
export function printfFormat(text: string): string {
  return escapes(text).join('');
}

/**
 * A script for sh as one command line that other shells hand on to it, too: each word of it means to bash, dash, csh, tcsh and fish
 * what it means to sh. It is given as the format of a printf, in pieces.
 */
export function anyShellCommand(script: string): string {
  const pieces: string[] = [];
  let piece = '';
  for (const written of escapes(script)) {
    // None ends within an escape: before a quote fish takes a backslash for one.
    if (piece.length + written.length > PIECE) {
      pieces.push(piece);
      piece = '';
    }
    piece += written;
  }
  pieces.push(piece);
  const read = 'eval "$(printf "$(printf %s "$@")")"';
  // By its path: a shell that runs busybox's programs before all others would take its own, and those with it.
  return ['exec /bin/sh -c', `'${read}'`, 'sh', ...pieces.map((each) => `'${each}'`)].join(' ');
}

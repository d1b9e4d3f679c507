/** Takes secrets out of what is told: of tools that print them, in lines, in JSON, in what a failure has found. */

/** Shorter texts stand in other words too. */
const SHORTEST = 6;
const MASK = '********';
/** Characters from which a text may have been cut, in the midst of a secret. */
const LONG = 1000;

/**
 * Of events and failures: where there are sentences, or words of a tool. All else names things, as a kind, a task or a path, and stays what it
 * is whatever a secret is called.
 */
const TOLD: ReadonlySet<string> = new Set([
  ...['line', 'message', 'hint', 'note', 'because', 'what', 'expected', 'found', 'text', 'argv', 'lastLines'],
]);

export type Mask = <T>(told: T) => T;

/** @returns the same with each secret replaced in all of its texts, and with each line of one that has several */
export function maskOf(secrets: readonly string[]): Mask {
  const texts = secrets.flatMap((secret) => [secret, ...secret.split(/[\r\n]+/)]).map((text) => text.trim());
  // As it is, as JSON has it, and as a shell shows it with `set -x`.
  const forms = (text: string) => [text, JSON.stringify(text).slice(1, -1), text.replaceAll("'", "'\\''")];
  const longestFirst = [...new Set(texts.flatMap(forms))]
    .filter((text) => text.length >= SHORTEST)
    .sort((a, b) => b.length - a.length);
  if (longestFirst.length === 0) return (told) => told;
  const any = new RegExp(longestFirst.map(literally).join('|'), 'g');
  const mask = (text: string) => withoutPiece(text.replaceAll(any, MASK), longestFirst);
  const masked = (told: unknown, key: string): unknown => {
    if (typeof told === 'string') return TOLD.has(key) ? mask(told) : told;
    if (Array.isArray(told)) return told.map((each) => masked(each, key));
    if (typeof told !== 'object' || told === null) return told;
    return Object.fromEntries(Object.entries(told).map(([name, value]) => [name, masked(value, name)]));
  };
  return <T>(told: T) => masked(told, '') as T;
}

/** In a regular expression. */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** A text that was cut may end with the beginning of a secret. */
function withoutPiece(text: string, secrets: readonly string[]): string {
  if (text.length < LONG) return text;
  for (const secret of secrets) {
    for (let length = Math.min(secret.length, text.length) - 1; length >= SHORTEST; length -= 1) {
      if (text.endsWith(secret.slice(0, length))) return `${text.slice(0, -length)}${MASK}`;
    }
  }
  return text;
}

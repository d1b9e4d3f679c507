/** Takes secrets out of what is told: of tools that print them, in lines, in JSON, in what a failure has found. */

/** Shorter texts stand in other words too. */
const SHORTEST = 6;
const MASK = '********';

export type Mask = <T>(told: T) => T;

/** @returns the same with each secret replaced in all of its texts, and with each line of one that has several */
export function maskOf(secrets: readonly string[]): Mask {
  const texts = secrets.flatMap((secret) => [secret, ...secret.split(/[\r\n]+/)]);
  const longestFirst = [...new Set(texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]))]
    .filter((text) => text.trim().length >= SHORTEST)
    .sort((a, b) => b.length - a.length);
  const masked = (told: unknown): unknown => {
    if (typeof told === 'string')
      return longestFirst.reduce((text, secret) => text.replaceAll(secret, MASK), told);
    if (Array.isArray(told)) return told.map(masked);
    if (typeof told !== 'object' || told === null) return told;
    return Object.fromEntries(Object.entries(told).map(([key, value]) => [key, masked(value)]));
  };
  return longestFirst.length === 0 ? (told) => told : <T>(told: T) => masked(told) as T;
}

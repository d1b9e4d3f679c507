/** The canonical bytes that a manifest's digest is taken of, and that digest. */
import { hash } from 'node:crypto';

/** Lower-case hex sha256 of a text's UTF-8 bytes. */
export function sha256OfText(text: string): string {
  return hash('sha256', text);
}

/** JSON with sorted keys, two spaces and a final newline: the same value always gives the same bytes. */
export function canonicalJson(value: unknown): string {
  return `${JSON.stringify(sorted(value), undefined, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}

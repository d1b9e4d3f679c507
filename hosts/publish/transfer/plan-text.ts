/**
 * The plan as the target host reads it: a line each, words with one space between, a path always last. Numbers of blocks are
 * told as distances, which pack well.
 *
 * ```
 * c SHA256                                 a chunk of the blocks that were sent, in order
 * d SHA256                                 a chunk with their short digests; absent where the host makes no index
 * s FIRST RELEASE PATH                     a file of a seed, whose blocks begin at FIRST; these are counted from 1
 * o FIRST PATH                             a file of the new release that blocks are taken from again
 * l THEIRS BYTES FIRST SHA256 RELEASE PATH a file that a seed has under the same name, where it begins at THEIRS
 * f BYTES FIRST whole|blocks SHA256 PATH   a file begins, its digest that of all of it or of what the runs write
 * SOURCE GAP COUNT JUMP                    COUNT blocks, GAP blocks after the end of the last; SOURCE is 0 for what was sent, else
 *                                          they begin JUMP blocks after the end of the last that came from there
 * ```
 */
import type { Origin, Plan } from './plan.js';
import type { IndexedFile } from './release-index.js';

export interface Chunks {
  /** Names of the chunks of literals. */
  readonly literals: readonly string[];
  /** Name of the chunk of their digests. */
  readonly digests?: string;
}

export function planText(plan: Plan, { literals, digests }: Chunks): string {
  const release = (seed: number) => plan.seeds[seed]?.digest ?? '';
  const lines = literals.map((name) => `c ${name}`);
  if (digests !== undefined) lines.push(`d ${digests}`);
  const sources = new Map<string, { readonly number: number; next: number }>();
  for (const { origin } of plan.files.flatMap(({ runs }) => runs)) {
    if (origin.kind === 'literal' || sources.has(keyOf(origin))) continue;
    sources.set(keyOf(origin), { number: sources.size + 1, next: 0 });
    const { first, path } = origin.file;
    lines.push(origin.kind === 'own' ? `o ${first} ${path}` : `s ${first} ${release(origin.seed)} ${path}`);
  }
  for (const { file, link, runs } of plan.files) {
    if (link !== undefined) {
      lines.push(
        `l ${link.file.first} ${file.bytes} ${file.first} ${file.sum} ${release(link.seed)} ${file.path}`,
      );
      continue;
    }
    lines.push(headOf(file));
    let end = 0;
    for (const { origin, to, from, count } of runs) {
      const source = origin.kind === 'literal' ? undefined : sources.get(keyOf(origin));
      lines.push(
        `${source?.number ?? 0} ${to - end} ${count} ${source === undefined ? 0 : from - source.next}`,
      );
      if (source !== undefined) source.next = from + count;
      end = to + count;
    }
  }
  return `${lines.join('\n')}\n`;
}

function headOf({ bytes, first, of, sum, path }: IndexedFile): string {
  return `f ${bytes} ${first} ${of} ${sum} ${path}`;
}

function keyOf(origin: Exclude<Origin, { kind: 'literal' }>): string {
  return `${origin.kind === 'own' ? 'own' : origin.seed} ${origin.file.path}`;
}

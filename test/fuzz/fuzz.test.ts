/**
 * Damaged files of every format: each is refused in words, with its place where the format has places, or accepted as exactly
 * what it says. `npm run fuzz` makes many more mutations; LUNSMITH_FUZZ says how many, LUNSMITH_FUZZ_SEED where they begin.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { renderDiagnostics } from '../../base/diagnostic.js';
import { canonicalJson } from '../../base/digest.js';
import { Failure } from '../../base/failure.js';
import { allFormats, type Format } from './formats.js';
import { mutate, numbers } from './mutate.js';

const MUTATIONS = Number(process.env['LUNSMITH_FUZZ'] ?? 650);
const SEED = Number(process.env['LUNSMITH_FUZZ_SEED'] ?? 1);
/** Milliseconds for all mutations of a format together: for one of them it is far too long. */
const PATIENCE = 60_000 + MUTATIONS * 20;

let all: Awaited<ReturnType<typeof allFormats>>;
beforeAll(async () => {
  all = await allFormats();
});
afterAll(() => all[Symbol.asyncDispose]());

/** What is wrong with how a format takes these bytes; undefined when nothing is. */
async function fault(format: Format, bytes: Buffer): Promise<string | undefined> {
  try {
    const oracle = await format.read(bytes);
    if (oracle === undefined) return undefined;
    const [read, written] = [JSON.stringify(oracle.read), JSON.stringify(oracle.written)];
    // Keys may come in another order.
    const same = read === written || canonicalJson(oracle.read) === canonicalJson(oracle.written);
    return same ? undefined : `accepted as something else: ${read.slice(0, 200)}`;
  } catch (error) {
    if (!(error instanceof Failure)) return `threw ${error instanceof Error ? error.stack : String(error)}`;
    if (!format.refuses.includes(error.kind))
      return `refused as ${error.kind}: ${error.message.slice(0, 200)}`;
    const shown = renderDiagnostics(error.diagnostics);
    if (/\n {4}at |undefined|\[object /.test(shown)) return `said ${shown.slice(0, 300)}`;
    const placed = error.diagnostics.some(({ place }) => place !== undefined && place.line > 0);
    return format.placed && !placed && !shown.includes('another version')
      ? `gave no place: ${shown}`
      : undefined;
  }
}

it('every example is right', async () => {
  for (const format of all.formats)
    expect([format.name, await fault(format, format.right)]).toEqual([format.name, undefined]);
});

it(
  'no damage is a surprise',
  async () => {
    const found: string[] = [];
    for (let each = 0; each < MUTATIONS && found.length < 20; each += 1) {
      const format = all.formats[each % all.formats.length] as Format;
      const seed = SEED * 1_000_000 + each;
      const bytes = mutate(format.right, numbers(seed));
      const wrong = await fault(format, bytes);
      if (wrong !== undefined)
        found.push(
          `${format.name}, mutation ${each} of seed ${SEED}: ${wrong}\n${bytes.toString('utf8').slice(0, 400)}`,
        );
    }
    expect(found).toEqual([]);
  },
  PATIENCE,
);

/** Whatever a recipe holds, loading it ends with a recipe or with a Failure that has places: never with anything else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { renderDiagnostics } from '../../../base/diagnostic.js';
import { Failure } from '../../../base/failure.js';
import { toPlain } from '../../../base/yaml/node.js';
import { parseYaml } from '../../../base/yaml/parse.js';
import { RIGHT, recipeRig } from '../../util/recipe-rig.js';

async function outcome(text: string): Promise<void> {
  await using rig = await recipeRig({ 'r/recipe.yaml': text });
  try {
    await rig.plan('r');
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'recipe') throw error;
    for (const { place } of error.diagnostics) {
      expect(place?.line ?? 1).toBeGreaterThan(0);
      expect(place?.column ?? 1).toBeLessThanOrEqual((place?.text?.length ?? 0) + 1);
    }
    expect(renderDiagnostics(error.diagnostics).length).toBeGreaterThan(0);
  }
}

const WORDS = [
  'name',
  'steps',
  'uses',
  'with',
  'disk',
  'partitions',
  '${suite}',
  '${',
  '$${x}',
  '__proto__',
  '&a',
  '*a',
  '!!map',
  '- ',
  ': ',
  '\n',
  '  ',
  '\t',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '|',
  '>',
  '#',
  '\u0000',
  '\u2028',
  '😀',
  'null',
  '1e999',
  '.nan',
  '0x',
  '~',
  '<<',
  '? ',
];

describe('loading', () => {
  it('survives any text', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), outcome), {
      seed: 1,
      numRuns: 80,
    });
  });

  it('survives any heap of YAML’s signs', async () => {
    const heap = fc.array(fc.constantFrom(...WORDS), { maxLength: 25 }).map((words) => words.join(''));
    await fc.assert(fc.asyncProperty(heap, outcome), { seed: 1, numRuns: 120 });
  });

  it('survives any text in the middle of a right recipe', async () => {
    const damage = fc.tuple(
      fc.nat(RIGHT.length),
      fc.nat(12),
      fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 6 })),
    );
    const damaged = damage.map(([at, length, text]) => RIGHT.slice(0, at) + text + RIGHT.slice(at + length));
    await fc.assert(fc.asyncProperty(damaged, outcome), { seed: 1, numRuns: 120 });
  });

  it('survives any value under any key', async () => {
    const keys = [
      'name',
      'description',
      'architecture',
      'epoch',
      'variables',
      'steps',
      'disk',
      'boot',
      'kernel',
    ];
    const recipe = fc.dictionary(
      fc.constantFrom(...keys),
      fc.oneof(
        fc.jsonValue(),
        fc.array(fc.dictionary(fc.constantFrom('uses', 'with', 'name'), fc.jsonValue())),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        recipe.map((value) => stringify(value)),
        outcome,
      ),
      { seed: 1, numRuns: 80 },
    );
  });
});

describe('parseYaml', () => {
  it('gives back what was written', () => {
    // A key that JavaScript treats specially is refused, and numbers are those of JSON.
    const json = fc.jsonValue().map((one) => JSON.parse(JSON.stringify(one)) as unknown);
    const value = json.filter((one) => one !== null && !JSON.stringify(one).includes('__proto__'));
    fc.assert(
      fc.property(value, (written) => {
        const parsed = parseYaml({ file: 'x', folder: '/', text: stringify(written) });
        expect('root' in parsed ? toPlain(parsed.root) : parsed.problems).toEqual(written);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

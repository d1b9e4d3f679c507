import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shellCommand, shellWord } from '../../base/shell-word.js';
import { run } from '../artifacts/formats/tools.js';

it('quotes what a shell would read', () => {
  expect(shellCommand(['a', '', "it's", '$(x) `y` "z" \\ \n', '-n'])).toBe(
    `'a' '' 'it'\\''s' '$(x) \`y\` "z" \\ \n' '-n'`,
  );
});

it('refuses what no argument can hold', () => {
  expect(() => shellWord('a\0b')).toThrow(new TypeError('an argument holds a NUL byte'));
});

const word = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', '!', '*', 'a') }),
  )
  .map((text) => text.replaceAll('\0', ''));

it.each(['dash', 'bash', 'busybox'])('brings any argument through %s as it is', async (shell) => {
  const start = shell === 'busybox' ? (['busybox', 'sh'] as const) : ([shell] as const);
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 12 }), async (words) => {
      const { stdout } = await run([...start, '-c', shellCommand(['printf', '%s\\0', ...words])], {
        doing: 'print arguments',
        quiet: true,
      });
      expect(stdout.split('\0').slice(0, -1)).toEqual(words);
    }),
    { seed: 1, numRuns: 40 },
  );
});

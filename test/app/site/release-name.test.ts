import { expect, it } from 'vitest';
import { chooseRelease } from '../../../app/site/release-name.js';

const [A, B, C] = ['aaaaaaaaaaaa', 'abababababab', 'cccccccccccc'].map((digits) =>
  digits.padEnd(64, '0'),
) as [string, string, string];
/** Newest first. */
const ALL = [
  { digest: C, recipe: 'web' },
  { digest: B, recipe: 'web' },
  { digest: A, recipe: 'database' },
];

it.each([
  ['web', C],
  ['database', A],
  ['web@ab', B],
  [`web@${B}`, B],
  ['aaaaaaaa', A],
  [C, C],
])('takes %s for a release', (name, digest) => {
  expect(chooseRelease(ALL, name, 'san1')).toBe(digest);
});

it.each([
  ['mail', 'The release mail is not on san1.'],
  ['web@aaaaaaaa', 'The release web@aaaaaaaa is not on san1.'],
  ['dddddddd', 'The release dddddddd is not on san1.'],
])('does not find %s', (name, message) => {
  expect(() => chooseRelease(ALL, name, 'san1')).toThrow(message);
});

it('asks for more digits', () => {
  const twins = [B, `${B.slice(0, 12)}${'1'.repeat(52)}`].map((digest) => ({ digest, recipe: 'web' }));
  expect(() => chooseRelease(twins, 'web@abababab', 'san1')).toThrow(
    'Several releases on san1 begin with abababab.',
  );
});

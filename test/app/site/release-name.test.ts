import { expect, it } from 'vitest';
import { chooseRelease } from '../../../app/site/release-name.js';
import { failureOf } from '../../artifacts/formats/tools.js';

const [A, B, C] = ['aaaaaaaaaaaa', 'abababababab', 'cccccccccccc'].map((digits) =>
  digits.padEnd(64, '0'),
) as [string, string, string];
/** Published last first. */
const ALL = [
  { digest: C, recipe: 'web', serial: 7 },
  { digest: B, recipe: 'web', serial: 3 },
  { digest: A, recipe: 'database', serial: undefined },
];

it.each([
  ['web', C, 'web@cccccccccccc is taken: of the 2 releases of web on san1 it was published last.'],
  ['database', A, 'database@aaaaaaaaaaaa is taken: san1 has no other release of database.'],
  ['web@ab', B, undefined],
  [`web@${B}`, B, undefined],
  ['aaaaaaaa', A, undefined],
  [C, C, undefined],
])('takes %s for a release', (name, digest, why) => {
  expect(chooseRelease(ALL, name, 'san1')).toEqual({ digest, why });
});

it('does not guess among releases whose order is unknown', () => {
  const old = ALL.map((each) => ({ ...each, recipe: 'web', serial: undefined }));
  expect(failureOf(() => chooseRelease(old, 'web', 'san1')).diagnostics).toEqual([
    {
      what: 'Which release of web was published last is not known on san1: all came from a version of lunsmith that kept no order.',
      expected: 'one of web@cccccccccccc, web@abababababab, web@aaaaaaaaaaaa',
      found: 'web',
      hint: 'Name one of them, or publish the one that you mean again.',
    },
  ]);
  expect(chooseRelease(old, 'web@ab', 'san1').digest).toBe(B);
});

it.each([
  ['mail', 'The release mail is not on san1.'],
  ['web@aaaaaaaa', 'The release web@aaaaaaaa is not on san1.'],
  ['dddddddd', 'The release dddddddd is not on san1.'],
])('does not find %s', (name, message) => {
  expect(() => chooseRelease(ALL, name, 'san1')).toThrow(message);
});

it('asks for more digits', () => {
  const twins = [B, `${B.slice(0, 12)}${'1'.repeat(52)}`].map((digest) => ({
    digest,
    recipe: 'web',
    serial: 1,
  }));
  expect(() => chooseRelease(twins, 'web@abababab', 'san1')).toThrow(
    'Several releases on san1 begin with abababab.',
  );
});

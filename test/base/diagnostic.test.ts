import { describe, expect, it } from 'vitest';
import { renderDiagnostic, renderDiagnostics, sortDiagnostics, throwIfAny } from '../../base/diagnostic.js';
import { Failure } from '../../base/failure.js';
import { placeOf, startOf } from '../../base/yaml/source.js';

const source = {
  file: 'recipes/x/recipe.yaml',
  folder: '/x',
  text: 'a: 1\r\n  with: { suit: bookworm }\r\nend',
};

describe('renderDiagnostic', () => {
  it('underlines the place, and says the rest line by line', () => {
    const start = source.text.indexOf('suit');
    const place = placeOf({ source, start, end: start + 4 });
    expect(
      renderDiagnostic({
        what: 'Unknown key `suit`.',
        place,
        expected: 'suite',
        found: 'suit',
        hint: 'Did you mean `suite`?',
      }),
    ).toBe(
      [
        'recipes/x/recipe.yaml:2:11 Unknown key `suit`.',
        '  with: { suit: bookworm }',
        '          ^^^^',
        '  Expected: suite',
        '  Found: suit',
        '  Hint: Did you mean `suite`?',
      ].join('\n'),
    );
  });

  it('shows blanks that are none where they are named', () => {
    const text = 'channel: stable\u00a0';
    const place = placeOf({ source: { ...source, text }, start: 9, end: 16 });
    expect(
      renderDiagnostic({
        what: 'There is no channel `stable\u00a0`.',
        place,
        found: 'a\u200bb\ufeff',
        hint: 'Did you mean `stable`?',
      }).split('\n'),
    ).toEqual([
      'recipes/x/recipe.yaml:1:10 There is no channel `stable<U+00A0>`.',
      'channel: stable\u00a0',
      '         ^^^^^^^',
      '  Found: a<U+200B>b<U+FEFF>',
      '  Hint: Did you mean `stable`?',
    ]);
  });

  it('needs no place, and no text of the line', () => {
    expect(renderDiagnostic({ what: 'Wrong.' })).toBe('Wrong.');
    expect(renderDiagnostic({ what: 'Wrong.', place: { file: 'f', line: 3, column: 1 } })).toBe(
      'f:3:1 Wrong.',
    );
  });

  it('stands under the right characters behind ones that take two code units', () => {
    const text = '😀: x';
    const place = placeOf({ source: { ...source, text }, start: 4, end: 5 });
    expect(renderDiagnostic({ what: 'W.', place }).split('\n').slice(1)).toEqual(['😀: x', '   ^']);
  });

  it('underlines no more than the line', () => {
    const place = placeOf({ source, start: 0, end: 40 });
    expect(renderDiagnostic({ what: 'W.', place })).toBe('recipes/x/recipe.yaml:1:1 W.\na: 1\n^^^^');
  });
});

describe('placeOf', () => {
  it('counts lines and columns from one', () => {
    expect(startOf(source)).toMatchObject({ line: 1, column: 1 });
    expect(placeOf({ source, start: 7, end: 9 })).toMatchObject({ line: 2, column: 2 });
    expect(placeOf({ source, start: 999, end: 1000 })).toMatchObject({
      line: 3,
      column: 4,
      text: 'end',
      length: 1,
    });
    expect(placeOf({ source: { ...source, text: '' }, start: 0, end: 1 })).toMatchObject({
      line: 1,
      column: 1,
      text: '',
    });
  });
});

describe('many diagnostics', () => {
  const at = (file: string, line: number, column = 1) => ({
    what: `${file}${line}`,
    place: { file, line, column },
  });

  it('are sorted by place, those without one first, equal ones once', () => {
    const given = [at('b', 1), at('a', 10), at('a', 2, 5), { what: 'none' }, at('a', 2, 1), at('b', 1)];
    expect(renderDiagnostics(sortDiagnostics(given))).toBe(
      'none\n\na:2:1 a2\n\na:2:5 a2\n\na:10:1 a10\n\nb:1:1 b1',
    );
  });

  it('are thrown together', () => {
    throwIfAny('recipe', []);
    expect(() => throwIfAny('host', [at('b', 1), at('a', 1)])).toThrow(
      new Failure('host', [at('a', 1), at('b', 1)]),
    );
  });
});

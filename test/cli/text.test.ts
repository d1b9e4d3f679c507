import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cleanLine,
  displayWidth,
  fit,
  formatAge,
  formatBinary,
  formatBytes,
  formatSeconds,
  plural,
  quoteArgv,
  shortPath,
  table,
  wrapWords,
} from '../../cli/render/text.js';

describe('text for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [12_345, '12.3 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [4.3e9, '4.30 GB'],
    [2e15, '2000 TB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [512, '512 B'],
    [1 << 20, '1 MiB'],
    [1.25 * 2 ** 30, '1.25 GiB'],
  ])('a size of %d is %s', (bytes, text) => expect(formatBinary(bytes)).toBe(text));

  it.each([
    [0.04, '0.0 s'],
    [59.94, '59.9 s'],
    [59.96, '1 min 00 s'],
    [3599.6, '1 h 00 min'],
    [7320, '2 h 02 min'],
  ])('%d seconds are %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  it.each([
    [0, 'just now'],
    [59.9, 'just now'],
    [60, '1 min ago'],
    [3599, '59 min ago'],
    [3600, '1 h ago'],
    [47.9 * 3600, '47 h ago'],
    [48 * 3600, '2 d ago'],
  ])('%d seconds before now are %s', (seconds, text) => expect(formatAge(seconds)).toBe(text));

  it.each([
    ['/home/u/out/r', '/home/u', 'out/r'],
    ['/home/u', '/home/u', '.'],
    ['/srv/x', '/home/u', '/srv/x'],
    ['/home/x', '/home/u', '../x'],
    ['already/relative', '/home/u', 'already/relative'],
  ])('%s seen from %s is %s', (path, cwd, text) => expect(shortPath(path, cwd)).toBe(text));

  it('counts things', () => expect([plural(1, 'step'), plural(0, 'step')]).toEqual(['1 step', '0 steps']));

  it('pads a table by what is seen of its cells', () => {
    expect(
      table([
        ['日本', 'x', 'end'],
        ['\u001b[1ma\u001b[22m', 'long', ''],
      ]),
    ).toEqual(['日本  x     end', '\u001b[1ma\u001b[22m     long']);
  });

  it('breaks lines between words', () => {
    expect(wrapWords('one two three four', 9, '  ')).toEqual(['one two', '  three', '  four']);
    expect(wrapWords('short', 9)).toEqual(['short']);
    expect(wrapWords('a-word-that-is-longer x', 9)).toEqual(['a-word-that-is-longer', 'x']);
    expect(wrapWords('\u001b[1mbold\u001b[22m text', 9)).toEqual(['\u001b[1mbold\u001b[22m text']);
  });

  it('quotes for a shell', () => {
    expect(quoteArgv(['a', 'b c', '$HOME', "'"])).toBe("a 'b c' '$HOME' ''\\'''");
  });

  it('cuts to a width, whatever the text', () => {
    const anything = fc.string({ unit: 'grapheme' }).map(cleanLine);
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 60 }), (text, width) => {
        const cut = fit(text, width);
        expect(displayWidth(cut)).toBeLessThanOrEqual(width);
        if (displayWidth(text) <= width) expect(cut).toBe(text);
        else expect(cut.endsWith('…') && text.startsWith(cut.slice(0, -1))).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('leaves no control character in a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(
          [...cleanLine(text)].every((char) => char >= ' ' && !(char >= '\u007f' && char <= '\u009f')),
        ).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

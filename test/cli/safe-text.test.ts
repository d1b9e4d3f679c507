import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeStream, safeText } from '../../cli/render/safe-text.js';
import { ansiStyle } from '../../cli/render/style.js';

describe('what steers a terminal', () => {
  it.each([
    ['clears the screen', '\u001b[2J', '\\u001b[2J'],
    ['hides what follows', '\u001b[8m', '\\u001b[8m'],
    ['sets its title', '\u001b]0;x\u0007', '\\u001b]0;x\\u0007'],
    ['is one character of C1', '\u009b2J', '\\u009b2J'],
    ['returns to the line’s start', 'good\rbad', 'good\\u000dbad'],
    ['turns the order of letters', 'gpj.\u202etxe', 'gpj.\\u202etxe'],
  ])('%s and is shown', (_title, text, shown) => {
    expect(safeText(text)).toBe(shown);
  });
});

it('leaves our own colours, lines and letters', () => {
  const text = `${ansiStyle.bold(ansiStyle.red('ä 日本 ✔'))}\n${ansiStyle.dim('x')}\n`;
  expect(safeText(text)).toBe(text);
});

it('leaves JSON what it says', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const all = { value, text };
      expect(JSON.parse(safeText(JSON.stringify(all)))).toEqual(JSON.parse(JSON.stringify(all)));
    }),
    { seed: 1, numRuns: 30 },
  );
});

it('lets nothing else through, of any text', () => {
  let out = '';
  const stream = safeStream({ write: (text) => void (out += text) });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      out = '';
      stream.write(text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(out.replace(/\u001b\[\d+m/g, '')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }),
    { seed: 1, numRuns: 500 },
  );
});

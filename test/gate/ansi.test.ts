import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCleaner } from '../../gate/ansi.js';

it.each([
  ['colours', '[\x1b[0;32m  OK  \x1b[0m] Started', '[  OK  ] Started'],
  ['a cursor movement to another line', 'GRUB\x1b[3;1Hmenu\x1b[H.', 'GRUB\nmenu\n.'],
  ['other modes', '\x1b[=3h\x1b[?2004hlogin: ', 'login: '],
  ['operating system commands', '\x1b]3008;start=1\x1b\\root\x1b]0;title\x07#', 'root#'],
  ['character sets and resets', '\x1b(B\x1bc\x1b7x', 'x'],
  ['line ends of terminals', 'a\r\nb\r\r\nc\rd', 'a\nb\nc\nd'],
  ['other control characters', 'a\x07\x08\0b\tc', 'ab\tc'],
])('takes out %s', (_what, text, plain) => {
  expect(createCleaner().clean(Buffer.from(text))).toBe(plain);
});

it('does not care where chunks end', () => {
  const parts = ['\x1b[0;32m', 'login: ', '\r\n', 'ü', '\x1b[10;1H', '\x1b]0;t\x07', 'x'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts)), fc.array(fc.nat(), { maxLength: 8 }), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join('').replaceAll('\r\n', '\n'));
      const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
      const cleaner = createCleaner();
      const chunks = [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
      expect(chunks.map((chunk) => cleaner.clean(chunk)).join('')).toBe(createCleaner().clean(bytes));
    }),
    { seed: 1, numRuns: 300 },
  );
});

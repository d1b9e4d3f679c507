import fc from 'fast-check';
import type { CpioEntry } from '../../../artifacts/formats/cpio.js';

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => !/[/\0\n\\]/.test(text) && text !== '.' && text !== '..');
const common = {
  path: name,
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 0xffffffff }),
  gid: fc.integer({ min: 0, max: 0xffffffff }),
};
const entry: fc.Arbitrary<CpioEntry> = fc.oneof(
  fc.record({ ...common, type: fc.constant('file' as const), content: fc.uint8Array({ maxLength: 600 }) }),
  fc.record({ ...common, type: fc.constant('directory' as const) }),
  fc.record({ ...common, type: fc.constant('symlink' as const), target: name }),
);

/** Archives' entries with any owner, any mode and names of any script, no name twice. */
export const cpioEntries = fc.uniqueArray(entry, { selector: ({ path }) => path, maxLength: 8 });

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConfigEdit, editConfig } from '../../../../artifacts/platform/raspberry-pi/config-edit.js';
import { readConfig } from '../../../../artifacts/platform/raspberry-pi/config-txt.js';
import { MODELS } from '../../../../artifacts/platform/raspberry-pi/models.js';
import { SERIAL } from './a-tree.js';

const initramfs: ConfigEdit = { key: 'initramfs', value: 'initrd.img,client followkernel' };

describe('a setting', () => {
  test.each<readonly [string, string, ConfigEdit, string]>([
    ['of an empty file', '', { key: 'a', value: '1' }, 'a=1\n'],
    ['where it is', '# x\na=1\nb=2\n', { key: 'a', value: '3' }, '# x\na=3\nb=2\n'],
    [
      'where it is, by its filter',
      '[pi4]\na=1\n[all]\n',
      { filter: 'pi4', key: 'a', value: '3' },
      '[pi4]\na=3\n[all]\n',
    ],
    ['not in a comment', '#a=1\n', { key: 'a', value: '3' }, '#a=1\na=3\n'],
    ['after filters at the end', '[pi4]\nb=1\n', { key: 'a', value: '3' }, '[pi4]\nb=1\n[all]\na=3\n'],
    [
      'after one for some models',
      'a=0\n[pi4]\na=1\n[all]\n',
      { key: 'a', value: '3' },
      'a=0\n[pi4]\na=1\n[all]\na=3\n',
    ],
    [
      'for some models after one for all',
      'a=1\n',
      { filter: 'pi5', key: 'a', value: '3' },
      'a=1\n[pi5]\na=3\n[all]\n',
    ],
    ['with the line ends of its file', 'a=1\r\nb=2\r\n', { key: 'a', value: '3' }, 'a=3\r\nb=2\r\n'],
    ['in a file without a last line end', 'a=1', { key: 'b', value: '2' }, 'a=1\nb=2\n'],
    [
      'without an equals sign',
      'initramfs old 0x1\n',
      initramfs,
      'initramfs initrd.img,client followkernel\n',
    ],
  ])('%s', (_, text, edit, expected) => {
    expect(editConfig(text, [edit])).toBe(expected);
  });

  test.each<readonly [ConfigEdit, number]>([
    [{ key: 'a', value: 'x'.repeat(97) }, 98],
    [{ key: 'initramfs', value: 'x'.repeat(71) }, 80],
  ])('that would be cut is refused', (edit, limit) => {
    expect(() => editConfig('', [edit])).toThrow(
      expect.objectContaining({
        diagnostics: [expect.objectContaining({ expected: `one line of at most ${limit} characters` })],
      }),
    );
    expect(() => editConfig('', [{ ...edit, value: edit.value.slice(1) }])).not.toThrow();
  });
});

test('after an edit every model that sees its filter reads its value, and nothing else changed', async () => {
  const filter = fc.constantFrom('pi3', 'pi4', 'all', 'none', '0x12345678');
  const line = fc.oneof(
    filter.map((name) => `[${name}]`),
    fc
      .tuple(fc.constantFrom('a', 'b', 'initramfs'), fc.nat(9))
      .map(([key, value]) => (key === 'initramfs' ? `initramfs ${value}` : `${key}=${value}`)),
    fc.constantFrom('', '# a=1'),
  );
  const edit = fc.record(
    {
      key: fc.constantFrom('a', 'initramfs'),
      value: fc.constant('new'),
      filter: fc.constantFrom('pi3', 'pi4'),
    },
    { requiredKeys: ['key', 'value'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), edit, async (lines, wish) => {
      const before = lines.join('\n');
      const after = editConfig(before, [wish]);
      for (const name of ['3B', '4B'] as const) {
        const read = async (text: string) =>
          (await readConfig(text, { model: MODELS[name], serial: SERIAL }, { file: 'config.txt' })).settings;
        const last = (settings: Awaited<ReturnType<typeof read>>, key: string) =>
          settings.findLast((each) => each.key === key)?.value;
        const [old, now] = [await read(before), await read(after)];
        const sees = wish.filter === undefined || MODELS[name].filters.includes(wish.filter);
        expect(last(now, wish.key)).toBe(sees ? 'new' : last(old, wish.key));
        for (const key of ['a', 'b', 'initramfs'].filter((each) => each !== wish.key))
          expect(last(now, key)).toBe(last(old, key));
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

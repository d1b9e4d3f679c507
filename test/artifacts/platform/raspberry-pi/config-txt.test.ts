import { describe, expect, test } from 'vitest';
import { configLines, readConfig } from '../../../../artifacts/platform/raspberry-pi/config-txt.js';
import { MODELS, type ModelName } from '../../../../artifacts/platform/raspberry-pi/models.js';
import { SERIAL } from './a-tree.js';

async function read(
  model: ModelName,
  lines: readonly string[],
  includes: Readonly<Record<string, string>> = {},
) {
  const reader = { model: MODELS[model], serial: SERIAL };
  const include = (name: string) => Promise.resolve(includes[name]);
  const { settings, notes } = await readConfig(lines.join('\n'), reader, { file: 'config.txt', include });
  return {
    settings: settings.map(({ key, value }) => `${key}=${value}`),
    notes: notes.map(({ kind, file, line }) => `${kind} ${file}:${line}`),
  };
}

describe('filters', () => {
  test.each<readonly [ModelName, string, boolean]>([
    ['3B', '[pi3]', true],
    ['3B', '[pi3+]', false],
    ['3B+', '[pi3]', true],
    ['3B+', '[pi3+]', true],
    ['4B', '[pi3]', false],
    ['4B', '[pi4]', true],
    ['5', '[pi5]', true],
    ['5', '[board-type=0x17]', true],
    ['4B', '[board-type=0x17]', false],
    ['4B', '[none]', false],
    ['4B', '[all]', true],
    ['4B', '[0x12345678]', true],
    ['4B', '[0x0000000012345678]', true],
    ['4B', '[0x12345679]', false],
    ['4B', '[tryboot]', false],
    ['4B', '[gpio4=1]', false],
    ['4B', '[EDID=VSC-TD2220]', false],
    ['4B', '[pi3]\n[pi4]', true],
    ['4B', '[pi4]\n[pi3]', false],
    ['4B', '[pi4]\n[0x12345679]', false],
    ['4B', '[0x12345679]\n[pi4]', false],
    ['4B', '[0x12345679]\n[all]', true],
    ['4B', '[none]\n[pi4]', false],
  ])('a %s below %j', async (model, filters, seen) => {
    const found = await read(model, [filters, 'a=1']);
    expect(found).toEqual({ settings: seen ? ['a=1'] : [], notes: [] });
  });
  test('an unknown one hides what is below it', async () => {
    expect(await read('4B', ['[pi33x]', 'a=1'])).toEqual({
      settings: [],
      notes: ['unknown-filter config.txt:1'],
    });
  });
});

describe('lines', () => {
  test('comments, spaces, carriage returns and what is no setting', async () => {
    expect(await read('4B', ['# a=1', '  b = 2 ', 'c=3\r', '', 'disable', 'd=x=y'])).toEqual({
      settings: ['b=2', 'c=3', 'd=x=y'],
      notes: ['no-setting config.txt:5'],
    });
  });
  test('are read up to 98 characters', async () => {
    const value = 'v'.repeat(96);
    expect((await read('4B', [`k=${value}`])).notes).toEqual([]);
    expect(await read('4B', [`k=${value}w`])).toEqual({
      settings: [`k=${value}`],
      notes: ['long-line config.txt:1'],
    });
  });
  test('`initramfs` has no `=`', async () => {
    expect(await read('4B', ['initramfs a,b followkernel', 'initramfs=a'])).toEqual({
      settings: ['initramfs=a,b followkernel'],
      notes: ['initramfs-equals config.txt:2'],
    });
  });
});

describe('include', () => {
  test('stands where it is named, with its own place in notes', async () => {
    expect(await read('4B', ['a=1', 'include more.txt', 'b=2'], { 'more.txt': 'a=3\nnothing' })).toEqual({
      settings: ['a=1', 'a=3', 'b=2'],
      notes: ['no-setting more.txt:2'],
    });
  });
  test('takes its filters along', async () => {
    expect((await read('4B', ['include more.txt', 'b=2'], { 'more.txt': '[pi3]\na=1' })).settings).toEqual(
      [],
    );
  });
  test('of itself comes to an end', async () => {
    expect(
      (await read('4B', ['include a.txt'], { 'a.txt': 'x=1\ninclude a.txt' })).settings.length,
    ).toBeLessThan(10);
  });
});

test('the lines of a file know their filters', () => {
  const lines = configLines('a=1\n[pi4]\nb=2\n[0x1]\nc=3\n[all]\nd=4');
  expect(lines.filter(({ kind }) => kind === 'entry').map(({ text, filters }) => [text, filters])).toEqual([
    ['a=1', []],
    ['b=2', ['pi4']],
    ['c=3', ['pi4', '0x1']],
    ['d=4', []],
  ]);
});

/** Language and keyboard of Arch Linux: what is written, and what a tree without it is told. */
import { mkdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Failure } from '../../../../base/failure.js';
import { keymapsFor, locale } from '../../../../stages/distribution/arch/locale.js';
import type { TopicContext } from '../../../../stages/distribution/topics.js';
import { type RootTree, rootTree } from '../../../../stages/rootfs/tree.js';
import { testFolder } from '../../../artifacts/formats/tools.js';

const MODEL_MAP = `# consolelayout xlayout xmodel xvariant xoptions
uk\tgb\tpc105\t-\tterminate:ctrl_alt_bksp
mk-utf\tmk,us\tpc105\t-\tgrp:shifts_toggle
br-abnt2\tbr\tabnt2\t-\tterminate:ctrl_alt_bksp
fr_CH\tch\tpc105\tfr\tterminate:ctrl_alt_bksp
sg\tch\tpc105\tde_nodeadkeys\tterminate:ctrl_alt_bksp
`;
const FILES = {
  '/usr/share/systemd/kbd-model-map': MODEL_MAP,
  '/usr/share/kbd/keymaps/i386/qwertz/de.map.gz': '',
  '/usr/share/kbd/keymaps/i386/qwertz/sg.map.gz': '',
  '/usr/share/kbd/keymaps/i386/qwerty/uk.map.gz': '',
  '/usr/share/i18n/SUPPORTED': 'de_DE.UTF-8 UTF-8\nde_DE ISO-8859-1\nen_GB.UTF-8 UTF-8 \n',
};

/** What was run in the tree, and what stands in a file of it then; or how it was refused. */
async function done(
  work: (tree: RootTree, ctx: TopicContext) => Promise<void>,
  file: string,
  files: Readonly<Record<string, string>> = FILES,
): Promise<unknown> {
  await using folder = await testFolder();
  await mkdir(folder.at('root'));
  const tree = rootTree(folder.at('root'));
  for (const [path, text] of Object.entries(files)) await tree.write(path, text);
  const ran: string[] = [];
  const chroot: TopicContext['chroot'] = (argv) => {
    ran.push(argv.join(' '));
    return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
  };
  try {
    await work(tree, { chroot, epoch: 0, warn: () => undefined });
    return [await tree.read(file), ...ran];
  } catch (error) {
    const { what, hint } = Failure.from(error).diagnostics[0];
    return { what, hint };
  }
}

it.each([
  ['de', 'de'],
  ['gb', 'uk'],
  ['ch', 'sg'],
])('the layout %s is the map %s of the console', async (layout, keymap) => {
  const text = `KEYMAP=${keymap}\nXKBLAYOUT=${layout}\n`;
  expect(await done((tree) => locale.setKeyboard(tree, layout), '/etc/vconsole.conf')).toEqual([text]);
});

it('a layout that the console has no map of is refused, where it would have stayed as it was', async () => {
  expect(await done((tree) => locale.setKeyboard(tree, 'br'), '/etc/vconsole.conf')).toMatchObject({
    what: 'The console has no map of the keyboard layout br.',
  });
});

it('a layout needs the maps of the console', async () => {
  expect(await done((tree) => locale.setKeyboard(tree, 'de'), '/etc/vconsole.conf', {})).toEqual({
    what: 'The keyboard layout de needs the package kbd, which is not installed.',
    hint: 'Add `kbd` to a `packages` step before this one.',
  });
});

it('maps of a layout come before those of a variant', () => {
  expect(keymapsFor('ch', MODEL_MAP)).toEqual(['ch', 'fr_CH', 'sg']);
  expect(keymapsFor('mk', MODEL_MAP)).toEqual(['mk', 'mk-utf']);
  expect(keymapsFor('xx', '')).toEqual(['xx']);
});

it('locales are those that locale-gen is told', async () => {
  const names = ['de_DE.UTF-8', 'en_GB.UTF-8'];
  expect(await done((tree, ctx) => locale.generate(ctx, tree, names), '/etc/locale.gen')).toEqual([
    'de_DE.UTF-8 UTF-8\nen_GB.UTF-8 UTF-8\n',
    'locale-gen',
  ]);
});

it('a locale that glibc does not have is refused', async () => {
  expect(await done((tree, ctx) => locale.generate(ctx, tree, ['de_DE.utf8']), '/etc/locale.gen')).toEqual({
    what: 'There is no locale de_DE.utf8.',
    hint: 'Did you mean `de_DE.UTF-8`?',
  });
});

it('the language is that of systemd', async () => {
  expect(await done((tree) => locale.setLanguage(tree, 'de_DE.UTF-8'), '/etc/locale.conf')).toEqual([
    'LANG=de_DE.UTF-8\n',
  ]);
});

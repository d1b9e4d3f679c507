/** Arch's files for language, time zone and keyboard: those of systemd. */
import { Failure } from '../../../base/failure.js';
import { didYouMean } from '../../../base/suggest.js';
import type { RootTree } from '../../rootfs/tree.js';
import type { Locale } from '../topics.js';

const SUPPORTED = '/usr/share/i18n/SUPPORTED';

export const locale: Locale = {
  async generate(ctx, tree, locales) {
    const supported = ((await tree.read(SUPPORTED)) ?? '').split('\n');
    const lines = locales.map((name) => {
      const line = supported.find((each) => each.startsWith(`${name} `));
      if (line !== undefined) return line.trim();
      throw new Failure('recipe', {
        what: `There is no locale ${name}.`,
        expected: `a locale of ${SUPPORTED}, such as de_DE.UTF-8`,
        ...didYouMean(
          name,
          supported.map((each) => each.split(' ')[0] ?? ''),
        ),
      });
    });
    await tree.write('/etc/locale.gen', `${lines.join('\n')}\n`);
    await ctx.chroot(['locale-gen'], { doing: 'generate locales' });
  },
  setLanguage: (tree, name) => tree.write('/etc/locale.conf', `LANG=${name}\n`),
  // The link /etc/localtime says it all.
  noteTimezone: () => Promise.resolve(),
  async setKeyboard(tree, layout) {
    const keymap = await keymapOf(tree, layout);
    await tree.write('/etc/vconsole.conf', `KEYMAP=${keymap}\nXKBLAYOUT=${layout}\n`);
  },
};

const KEYMAPS = '/usr/share/kbd/keymaps/i386';
/** systemd-localed(8): which of the console's maps are of which layout. */
const MODEL_MAP = '/usr/share/systemd/kbd-model-map';

/** @throws Failure of kind `recipe` where the console has no map of the layout: it would stay at the American one, and a unit would fail */
async function keymapOf(tree: RootTree, layout: string): Promise<string> {
  const folders = await tree.names(KEYMAPS);
  const files = await Promise.all(folders.map((folder) => tree.names(`${KEYMAPS}/${folder}`)));
  const maps = new Set(files.flat().map((name) => name.replace(/\.map(\.gz)?$/, '')));
  if (maps.size === 0) {
    throw new Failure('recipe', {
      what: `The keyboard layout ${layout} needs the package kbd, which is not installed.`,
      hint: 'Add `kbd` to a `packages` step before this one.',
    });
  }
  const keymap = keymapsFor(layout, (await tree.read(MODEL_MAP)) ?? '').find((name) => maps.has(name));
  if (keymap !== undefined) return keymap;
  throw new Failure('recipe', {
    what: `The console has no map of the keyboard layout ${layout}.`,
    expected: `a layout that ${MODEL_MAP} or a file of ${KEYMAPS} knows`,
    hint: 'Choose another layout, or set the console by a file: `/etc/vconsole.conf` in a `files` step.',
  });
}

/** Names that the console's map of a layout may have, the likeliest first. @param modelMap text of systemd's table */
export function keymapsFor(layout: string, modelMap: string): string[] {
  const rows = modelMap
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim().split(/\s+/));
  // Of a layout alone, then of one with a variant.
  const fitting = rows.filter(([, xlayout = '']) => xlayout.split(',')[0] === layout);
  const plain = fitting.filter(([, xlayout, , variant]) => xlayout === layout && variant === '-');
  return [...new Set([layout, ...[...plain, ...fitting].map(([keymap = '']) => keymap)])];
}

/** Arch's files for language, time zone and keyboard: those of systemd. */
import { Failure } from '../../../base/failure.js';
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
      });
    });
    await tree.write('/etc/locale.gen', `${lines.join('\n')}\n`);
    await ctx.chroot(['locale-gen'], { doing: 'generate locales' });
  },
  setLanguage: (tree, name) => tree.write('/etc/locale.conf', `LANG=${name}\n`),
  // The link /etc/localtime says it all.
  noteTimezone: () => Promise.resolve(),
  async setKeyboard(tree, layout) {
    const keymap = await findKeymap(tree, layout);
    await tree.write(
      '/etc/vconsole.conf',
      `${keymap === undefined ? '' : `KEYMAP=${keymap}\n`}XKBLAYOUT=${layout}\n`,
    );
  },
};

const KEYMAPS = '/usr/share/kbd/keymaps/i386';

/** The console's map of a layout, if it has the layout's name; a unit fails for one that is not there. */
async function findKeymap(tree: RootTree, layout: string): Promise<string | undefined> {
  for (const folder of await tree.names(KEYMAPS)) {
    if (await tree.exists(`${KEYMAPS}/${folder}/${layout}.map.gz`)) return layout;
  }
  return undefined;
}

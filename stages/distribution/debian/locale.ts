/** Debian's files for language, time zone and keyboard. */
import { Failure } from '../../../base/failure.js';
import type { Locale } from '../topics.js';

/** The line of /etc/locale.gen for a locale, which is its line in /usr/share/i18n/SUPPORTED; undefined for unknown ones. */
export function localeGenLine(locale: string, supported: string): string | undefined {
  return supported.split('\n').find((line) => line.startsWith(`${locale} `));
}

export function keyboardText(layout: string): string {
  return `XKBMODEL="pc105"\nXKBLAYOUT="${layout}"\nXKBVARIANT=""\nXKBOPTIONS=""\nBACKSPACE="guess"\n`;
}

export const locale: Locale = {
  async generate(ctx, tree, locales) {
    const supported = (await tree.read('/usr/share/i18n/SUPPORTED')) ?? '';
    const lines = locales.map((name) => {
      const line = localeGenLine(name, supported);
      if (line !== undefined) return line;
      throw new Failure('recipe', {
        what: `There is no locale ${name}.`,
        expected: 'a locale of /usr/share/i18n/SUPPORTED, such as de_DE.UTF-8',
      });
    });
    await tree.write('/etc/locale.gen', `${lines.join('\n')}\n`);
    await ctx.chroot(['locale-gen'], { doing: 'generate locales' });
  },
  async setLanguage(tree, name) {
    await tree.write('/etc/default/locale', `LANG=${name}\n`);
    // systemd's name of the same file.
    if (await tree.exists('/usr/lib/systemd')) await tree.link('/etc/locale.conf', 'default/locale');
  },
  noteTimezone: (tree, zone) => tree.write('/etc/timezone', `${zone === 'UTC' ? 'Etc/UTC' : zone}\n`),
  setKeyboard: (tree, layout) => tree.write('/etc/default/keyboard', keyboardText(layout)),
};

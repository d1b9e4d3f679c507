/** Language, time zone and keyboard of the booted system. */
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { defineStage, type StageContext } from '../pipeline/stage.js';
import { hasPackage } from './distribution/debian/dpkg.js';
import { type RootTree, rootTree } from './rootfs/tree.js';
import { WHOLE_ROOT } from './things.js';

const options = z.strictObject({
  lang: z
    .string()
    .regex(
      /^(C|POSIX|C\.UTF-8|[a-z]{2,3}_[A-Z]{2}(\.[A-Za-z0-9-]+)?(@[a-z]+)?)$/,
      'a locale, such as C.UTF-8 or de_DE.UTF-8',
    )
    .default('C.UTF-8')
    .describe('Locale for the whole system. All but `C`, `POSIX` and `C.UTF-8` need the package `locales`.'),
  generate: z
    .array(
      z.string().regex(/^[a-z]{2,3}_[A-Z]{2}(\.[A-Za-z0-9-]+)?(@[a-z]+)?$/, 'a locale, such as de_DE.UTF-8'),
    )
    .default([])
    .describe('More locales to generate.'),
  timezone: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/, 'a time zone, such as UTC or Europe/Berlin')
    .default('UTC')
    .describe('Time zone by its name in the tz database. All but `UTC` need the package `tzdata`.'),
  keymap: z
    .string()
    .regex(/^[a-z][a-z0-9_-]*$/, 'the name of a keyboard layout, such as us or de')
    .optional()
    .describe(
      'Keyboard layout of the console (XKB name). It takes effect where `keyboard-configuration` is installed.',
    ),
});
type Options = z.output<typeof options>;

const BUILT_IN = new Set(['C', 'POSIX', 'C.UTF-8']);

/** The line of /etc/locale.gen for a locale, which is its line in /usr/share/i18n/SUPPORTED; undefined for unknown ones. */
export function localeGenLine(locale: string, supported: string): string | undefined {
  return supported.split('\n').find((line) => line.startsWith(`${locale} `));
}

export function keyboardText(layout: string): string {
  return `XKBMODEL="pc105"\nXKBLAYOUT="${layout}"\nXKBVARIANT=""\nXKBOPTIONS=""\nBACKSPACE="guess"\n`;
}

export const locale = defineStage({
  name: 'locale',
  summary: 'Set language, time zone and keyboard.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  title: ({ lang, timezone }) => `${lang} ${timezone}`,
  options,
  tools: [],
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    await generateLocales(ctx, tree);
    await tree.write('/etc/default/locale', `LANG=${ctx.options.lang}\n`);
    // systemd's name of the same file.
    if (await tree.exists('/usr/lib/systemd')) await tree.link('/etc/locale.conf', 'default/locale');
    await setTimezone(ctx.options.timezone, tree);
    const { keymap } = ctx.options;
    if (keymap !== undefined) await tree.write('/etc/default/keyboard', keyboardText(keymap));
  },
});

async function generateLocales(ctx: StageContext<Options>, tree: RootTree): Promise<void> {
  const { lang, generate } = ctx.options;
  const wanted = [...new Set([lang, ...generate])].filter((name) => !BUILT_IN.has(name));
  if (wanted.length === 0) return;
  if (!(await hasPackage(tree, 'locales'))) {
    throw new Failure('recipe', {
      what: `The locale ${wanted[0]} needs the package locales, which is not installed.`,
      hint: 'Add `locales` to a `packages` step before this one, or use `lang: C.UTF-8`.',
    });
  }
  const supported = (await tree.read('/usr/share/i18n/SUPPORTED')) ?? '';
  const lines = wanted.map((name) => {
    const line = localeGenLine(name, supported);
    if (line !== undefined) return line;
    throw new Failure('recipe', {
      what: `There is no locale ${name}.`,
      expected: 'a locale of /usr/share/i18n/SUPPORTED, such as de_DE.UTF-8',
    });
  });
  await tree.write('/etc/locale.gen', `${lines.join('\n')}\n`);
  await ctx.chroot(['locale-gen'], { doing: 'generate locales' });
}

async function setTimezone(timezone: string, tree: RootTree): Promise<void> {
  const zone = `/usr/share/zoneinfo/${timezone}`;
  if (!(await tree.exists(zone))) {
    if (timezone === 'UTC') {
      // Without tzdata the C library already counts in UTC.
      await tree.remove('/etc/localtime');
      await tree.write('/etc/timezone', 'Etc/UTC\n');
      return;
    }
    const installed = await hasPackage(tree, 'tzdata');
    throw new Failure('recipe', {
      what: installed
        ? `There is no time zone ${timezone}.`
        : `The time zone ${timezone} needs the package tzdata, which is not installed.`,
      expected: 'a name below /usr/share/zoneinfo, such as Europe/Berlin',
      hint: installed
        ? 'Old names are in the package tzdata-legacy.'
        : 'Add `tzdata` to a `packages` step before this one.',
    });
  }
  await tree.link('/etc/localtime', zone);
  await tree.write('/etc/timezone', `${timezone === 'UTC' ? 'Etc/UTC' : timezone}\n`);
}

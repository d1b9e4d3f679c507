/** Language, time zone and keyboard of the booted system. */
import { z } from 'zod';
import { Failure } from '../base/failure.js';
import { defineStage, type StageContext, type StageFinding } from '../pipeline/stage.js';
import { type Distribution, distributionOf } from './distribution/distribution.js';
import { addPackage } from './distribution/roles.js';
import type { Role, Software } from './distribution/topics.js';
import { unknownKeymap, unknownLocale, unknownTimezone } from './locale/known.js';
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
    .describe(
      'Locale for the whole system. All but `C`, `POSIX` and `C.UTF-8` are generated: Debian needs the package `locales` for it.',
    ),
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
      'Keyboard layout of the console (XKB name). On Debian it takes effect where `keyboard-configuration` is installed, on Arch Linux it ' +
        'needs `kbd` and becomes the console’s own map of that layout.',
    ),
});
type Options = z.output<typeof options>;

const BUILT_IN = new Set(['C', 'POSIX', 'C.UTF-8']);

export const locale = defineStage({
  name: 'locale',
  summary: 'Set language, time zone and keyboard.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  title: ({ lang, timezone }) => `${lang} ${timezone}`,
  options,
  tools: [],
  asks: ['software', 'locale'],
  check: ({ options: { lang, generate, timezone, keymap } }) =>
    [
      { path: ['lang'], finding: unknownLocale(lang) },
      ...generate.map((name, index) => ({ path: ['generate', index], finding: unknownLocale(name) })),
      { path: ['timezone'], finding: unknownTimezone(timezone) },
      { path: ['keymap'], finding: keymap === undefined ? undefined : unknownKeymap(keymap) },
    ].flatMap(({ path, finding }): StageFinding[] => (finding === undefined ? [] : [{ path, ...finding }])),
  async run(ctx) {
    const tree = rootTree(ctx.rootfs);
    const distribution = distributionOf(ctx);
    const { lang, timezone, keymap } = ctx.options;
    await generateLocales(ctx, tree);
    await distribution.locale.setLanguage(tree, lang);
    await setTimezone(timezone, tree, distribution);
    if (keymap !== undefined) await distribution.locale.setKeyboard(tree, keymap);
  },
});

async function generateLocales(ctx: StageContext<Options>, tree: RootTree): Promise<void> {
  const { lang, generate } = ctx.options;
  const wanted = [...new Set([lang, ...generate])].filter((name) => !BUILT_IN.has(name));
  if (wanted.length === 0) return;
  const { software, locale: files } = distributionOf(ctx);
  if (!(await software.has(tree, 'locales'))) {
    throw new Failure('recipe', {
      what: `The locale ${wanted[0]} needs ${packageOf(software, 'locales')}, which is not installed.`,
      hint: `${addPackage(software, 'locales')}, or use \`lang: C.UTF-8\`.`,
    });
  }
  await files.generate(ctx, tree, wanted);
}

async function setTimezone(
  timezone: string,
  tree: RootTree,
  { software, locale: files }: Distribution,
): Promise<void> {
  const zone = `/usr/share/zoneinfo/${timezone}`;
  if (!(await tree.exists(zone))) {
    if (timezone === 'UTC') {
      // Without the tz database the C library already counts in UTC.
      await tree.remove('/etc/localtime');
      return files.noteTimezone(tree, timezone);
    }
    const installed = await software.has(tree, 'time-zones');
    const [old] = software.packagesFor('old-time-zones');
    throw new Failure('recipe', {
      what: installed
        ? `There is no time zone ${timezone}.`
        : `The time zone ${timezone} needs ${packageOf(software, 'time-zones')}, which is not installed.`,
      expected: 'a name below /usr/share/zoneinfo, such as Europe/Berlin',
      ...(installed
        ? old === undefined
          ? {}
          : { hint: `Old names are in the package ${old}.` }
        : { hint: `${addPackage(software, 'time-zones')}.` }),
    });
  }
  await tree.link('/etc/localtime', zone);
  await files.noteTimezone(tree, timezone);
}

function packageOf(software: Software, role: Role): string {
  const [name] = software.packagesFor(role);
  return name === undefined ? 'a package' : `the package ${name}`;
}

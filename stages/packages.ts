/** Packages of the root's distribution, with no service started and no initramfs generated. */
import { z } from 'zod';
import { defineStage, type StageFinding } from '../pipeline/stage.js';
import { distributionOf } from './distribution/distribution.js';
import { refusedPackages } from './distribution/refused-packages.js';
import type { PackageManager, Wording } from './distribution/topics.js';
import { packageName, packageRequest } from './packages/names.js';
import { WHOLE_ROOT } from './things.js';

const options = z.strictObject({
  install: z
    .array(packageRequest)
    .default([])
    .describe(
      'Packages to install: `NAME` or `NAME=VERSION`; of Debian `NAME/SUITE` and `NAME:ARCHITECTURE` too, of Arch Linux groups.',
    ),
  remove: z
    .array(packageName)
    .default([])
    .describe('Packages to remove in the same transaction. Nothing else is ever removed.'),
  hold: z
    .array(packageName)
    .default([])
    .describe('Packages that must not be upgraded in the booted system, such as the kernel.'),
  recommends: z
    .boolean()
    .default(false)
    .describe('Install what the packages recommend too; packages of Arch Linux recommend nothing.'),
});
type Options = z.output<typeof options>;

export const packages = defineStage({
  name: 'packages',
  summary: 'Install packages; services stay down and the initramfs is left to its own step.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  title: ({ install, remove, hold }) =>
    [...install, ...remove.map((name) => `${name} (remove)`), ...hold.map((name) => `${name} (hold)`)].join(
      ' ',
    ),
  options,
  tools: [],
  asks: ['packages'],
  check: ({ options: given, options: { install, remove, hold }, distribution }) => [
    ...(distribution === undefined ? [] : foreign(given, distributionOf({ distribution }).packages)),
    ...(install.length + remove.length + hold.length === 0
      ? [{ path: [], what: 'The step names no package.', expected: '`install`, `remove` or `hold`' }]
      : []),
    ...refusedPackages('install', install),
    ...remove.flatMap((name, i) =>
      install.includes(name) ? [{ path: ['remove', i], what: `${name} is both installed and removed.` }] : [],
    ),
  ],
  request: ({ install, remove, recommends }) => ({ install, remove, recommends }),
  resolve: (ctx) => distributionOf(ctx).packages.resolve(ctx, ctx.options),
  async run(ctx) {
    const { install, remove, hold } = ctx.options;
    const { packages: manager } = distributionOf(ctx);
    if (install.length + remove.length > 0) await manager.install(ctx, ctx.options);
    if (hold.length > 0) await manager.hold(ctx, hold);
  },
});

/** What the distribution has not: such names, such requests, recommendations. */
function foreign(given: Options, { names, requests, recommendations }: PackageManager): StageFinding[] {
  const invalid = (option: 'install' | 'remove' | 'hold', { pattern, expected }: Wording) =>
    given[option].flatMap((name, index) =>
      pattern.test(name)
        ? []
        : [
            {
              path: [option, index],
              what: `Invalid value of \`${option}\`.`,
              expected,
              found: `\`${name}\``,
            },
          ],
    );
  return [
    ...invalid('install', requests),
    ...invalid('remove', names),
    ...invalid('hold', names),
    ...(given.recommends && !recommendations
      ? [
          {
            path: ['recommends'],
            what: 'Packages of this distribution recommend no others.',
            expected: 'no `recommends: true`',
            hint: 'Name what else is wanted in `install`.',
          },
        ]
      : []),
  ];
}

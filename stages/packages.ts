/** Debian packages by apt, with no service started and no initramfs generated. */
import { z } from 'zod';
import { defineStage } from '../pipeline/stage.js';
import { aptEnvironment, holdArgv } from './distribution/debian/apt/argv.js';
import { installPooled } from './distribution/debian/apt/install.js';
import { packageName, packageRequest } from './distribution/debian/apt/names.js';
import { warnOfOtherSources } from './distribution/debian/apt/other-sources.js';
import { resolveRequest } from './distribution/debian/apt/resolve.js';
import { WHOLE_ROOT } from './things.js';

const options = z.strictObject({
  install: z
    .array(packageRequest)
    .default([])
    .describe('Packages to install: `NAME`, `NAME=VERSION` or `NAME/SUITE`.'),
  remove: z
    .array(packageName)
    .default([])
    .describe('Packages to remove in the same transaction. Nothing else is ever removed.'),
  hold: z
    .array(packageName)
    .default([])
    .describe('Packages that apt must not upgrade in the booted system, such as the kernel.'),
  recommends: z.boolean().default(false).describe('Install what the packages recommend too.'),
});

export const packages = defineStage({
  name: 'packages',
  summary: 'Install Debian packages; services stay down and the initramfs is left to its own step.',
  kind: 'rootfs',
  changes: WHOLE_ROOT,
  title: ({ install, remove, hold }) =>
    [...install, ...remove.map((name) => `${name}-`), ...hold.map((name) => `${name} (hold)`)].join(' '),
  options,
  tools: [
    { name: 'apt-get', package: 'apt' },
    { name: 'dpkg-deb', package: 'dpkg' },
  ],
  check: ({ options: { install, remove, hold } }) => [
    ...(install.length + remove.length + hold.length === 0
      ? [{ path: [], what: 'The step names no package.', expected: '`install`, `remove` or `hold`' }]
      : []),
    ...remove.flatMap((name, i) =>
      install.includes(name) ? [{ path: ['remove', i], what: `${name} is both installed and removed.` }] : [],
    ),
  ],
  request: ({ install, remove, recommends }) => ({ install, remove, recommends }),
  resolve: (ctx) => resolveRequest(ctx, ctx.options),
  async run(ctx) {
    const { install, remove, hold } = ctx.options;
    if (install.length > 0) await warnOfOtherSources(ctx);
    if (install.length + remove.length > 0) await installPooled(ctx, ctx.options);
    if (hold.length > 0)
      await ctx.chroot(holdArgv(hold), { doing: 'hold packages', env: aptEnvironment(ctx.epoch) });
  },
});

/** Debian packages by apt, with no service started and no initramfs generated. */
import { z } from 'zod';
import { defineStage, type StageContext } from '../pipeline/stage.js';
import { aptEnvironment, holdArgv, updateArgv } from './apt/argv.js';
import { type BuildSources, useBuildSources } from './apt/build-sources.js';
import { archivesOf, transact } from './apt/install.js';
import { packageName, packageRequest } from './apt/names.js';
import { archiveFailure } from './apt/outcome.js';
import { followApt } from './apt/run.js';
import { listPrefix, parseDeb822, parseOneLine } from './apt/sources.js';
import { recordPackages } from './rootfs/dpkg.js';
import { rootTree } from './rootfs/tree.js';

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
  update: z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .describe('When to fetch the lists of packages: `auto` only when a source has none yet.'),
});
type Options = z.output<typeof options>;

export const packages = defineStage({
  name: 'packages',
  summary: 'Install Debian packages; services stay down and the initramfs is left to its own step.',
  kind: 'rootfs',
  title: ({ install, remove, hold }) =>
    [...install, ...remove.map((name) => `${name}-`), ...hold.map((name) => `${name} (hold)`)].join(' '),
  network: true,
  options,
  tools: [],
  check: ({ options: { install, remove, hold } }) => [
    ...(install.length + remove.length + hold.length === 0
      ? [{ path: [], what: 'The step names no package.', expected: '`install`, `remove` or `hold`' }]
      : []),
    ...remove.flatMap((name, i) =>
      install.includes(name) ? [{ path: ['remove', i], what: `${name} is both installed and removed.` }] : [],
    ),
  ],
  async run(ctx) {
    const { install, remove, hold } = ctx.options;
    await using sources = await useBuildSources(ctx);
    if (await needsUpdate(ctx, sources)) await update(ctx, sources);
    if (install.length + remove.length > 0) await transact(ctx, ctx.options, sources);
    if (hold.length > 0)
      await ctx.chroot(holdArgv(hold), { doing: 'hold packages', env: aptEnvironment(ctx.epoch) });
    await recordPackages(ctx);
  },
});

/** Whether a source has no list yet, as after a new source was added or lists were removed. */
async function needsUpdate(ctx: StageContext<Options>, { text }: BuildSources): Promise<boolean> {
  if (ctx.options.update !== 'auto') return ctx.options.update === 'always';
  const tree = rootTree(ctx.rootfs);
  const sources = parseOneLine(text ?? (await tree.read('/etc/apt/sources.list')) ?? '');
  for (const name of await tree.names('/etc/apt/sources.list.d')) {
    const part = (await tree.read(`/etc/apt/sources.list.d/${name}`)) ?? '';
    if (name.endsWith('.list')) sources.push(...parseOneLine(part));
    if (name.endsWith('.sources')) sources.push(...parseDeb822(part));
  }
  const lists = await tree.names('/var/lib/apt/lists');
  return sources.some((source) => !lists.some((list) => list.startsWith(listPrefix(source))));
}

async function update(ctx: StageContext<Options>, sources: BuildSources): Promise<void> {
  const doing = 'fetch the lists of packages';
  try {
    await ctx.chroot(updateArgv(sources), {
      doing,
      network: true,
      env: aptEnvironment(ctx.epoch),
      onLine: followApt(ctx),
    });
  } catch (error) {
    throw archiveFailure(error, { doing, archives: archivesOf(sources), keyring: undefined });
  }
}

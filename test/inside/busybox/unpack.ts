/** Packages of the pool, unpacked as they are; what is there stands in a list of its own. */
import { dirname } from 'node:path';
import type { StageContext } from '../../../pipeline/stage.js';
import type { InstalledPackage } from '../../../stages/distribution/topics.js';
import { type RootTree, rootTree } from '../../../stages/rootfs/tree.js';

const LIST = '/etc/packages.json';
/** Nothing of a package that a machine without people needs. */
const UNUSED = [
  '/usr/share/doc',
  '/usr/share/man',
  '/usr/share/locale',
  '/usr/share/lintian',
  '/usr/share/bug',
];

export async function installedPackages(tree: RootTree): Promise<InstalledPackage[]> {
  return JSON.parse((await tree.read(LIST)) ?? '[]') as InstalledPackage[];
}

/** Unpacks the step's packages and notes them. */
export async function unpackPackages(ctx: StageContext<unknown>): Promise<void> {
  const tree = rootTree(ctx.rootfs);
  for (const [index, { name, file }] of ctx.packages.entries()) {
    await ctx.bootstrap(['dpkg-deb', '--extract', file, ctx.rootfs], { doing: `unpack ${name}` }, [
      dirname(file),
    ]);
    ctx.progress('unpacking', index + 1, ctx.packages.length, 'packages');
  }
  for (const path of UNUSED) await tree.remove(path);
  const fresh = ctx.packages.map(({ name, version, architecture }) => ({ name, version, architecture }));
  const all = [...(await installedPackages(tree)), ...fresh].sort((a, b) => (a.name < b.name ? -1 : 1));
  await tree.write(LIST, JSON.stringify(all));
  ctx.record('packages', all);
}

/** Which packages the root tree has, from dpkg's own database (deb-control syntax), without starting a process. */
import type { StageContext } from '../../../pipeline/stage.js';
import { type RootTree, rootTree } from '../../rootfs/tree.js';
import type { InstalledPackage } from '../topics.js';

/** Packages whose state is `installed` in the text of /var/lib/dpkg/status, by name and architecture. */
export function parseStatus(text: string): InstalledPackage[] {
  const packages = text.split(/\n\n+/).flatMap((paragraph) => {
    const field = (name: string) => new RegExp(`^${name}: *(.*)$`, 'm').exec(paragraph)?.[1]?.trim();
    const name = field('Package');
    const version = field('Version');
    if (name === undefined || version === undefined || !(field('Status') ?? '').endsWith(' installed'))
      return [];
    return [{ name, version, architecture: field('Architecture') ?? 'all' }];
  });
  return packages.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function key(installed: InstalledPackage): string {
  return `${installed.name} ${installed.architecture}`;
}

export async function installedPackages(tree: RootTree): Promise<InstalledPackage[]> {
  return parseStatus((await tree.read('/var/lib/dpkg/status')) ?? '');
}

/** Notes the installed packages for the manifest; the last note stands. */
export async function recordPackages(ctx: Pick<StageContext<unknown>, 'rootfs' | 'record'>): Promise<void> {
  ctx.record('packages', await installedPackages(rootTree(ctx.rootfs)));
}

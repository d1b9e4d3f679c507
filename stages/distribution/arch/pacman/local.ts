/** What is installed, from pacman's own database in the tree, without starting a process. */
import type { StageContext } from '../../../../pipeline/stage.js';
import { type RootTree, rootTree } from '../../../rootfs/tree.js';
import type { InstalledPackage } from '../../topics.js';
import { commonArchitecture } from './architecture.js';
import { parseDescription, valueOf } from './desc.js';

/** Where the tree has it. */
const LOCAL_DATABASE = '/var/lib/pacman/local';

export async function installedPackages(tree: RootTree): Promise<InstalledPackage[]> {
  const found: InstalledPackage[] = [];
  for (const folder of await tree.names(LOCAL_DATABASE)) {
    const text = await tree.read(`${LOCAL_DATABASE}/${folder}/desc`);
    if (text === undefined) continue;
    const description = parseDescription(text);
    const value = (field: string) => valueOf(description, field) ?? '';
    found.push({
      name: value('NAME'),
      version: value('VERSION'),
      architecture: commonArchitecture(value('ARCH')),
    });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Notes the installed packages for the manifest; the last note stands. */
export async function recordPackages(ctx: Pick<StageContext<unknown>, 'rootfs' | 'record'>): Promise<void> {
  ctx.record('packages', await installedPackages(rootTree(ctx.rootfs)));
}

/** Makes packages look installed at the build's own time, so that the same packages are the same bytes. @param epoch seconds since 1970 */
export async function settleInstallDates(tree: RootTree, epoch: number): Promise<void> {
  for (const folder of await tree.names(LOCAL_DATABASE)) {
    const path = `${LOCAL_DATABASE}/${folder}/desc`;
    const text = await tree.read(path);
    const settled = text?.replace(/^(%INSTALLDATE%\n)\d+$/m, `$1${epoch}`);
    if (settled !== undefined && settled !== text) await tree.write(path, settled);
  }
}

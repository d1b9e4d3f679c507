/** Units of a root tree, by systemd.unit(5). */
import type { RootTree } from '../rootfs/tree.js';

/** Where packages, administrators and SysV scripts have them. */
const FOLDERS = ['/usr/lib/systemd/system', '/usr/local/lib/systemd/system', '/etc/systemd/system'];
const INIT_SCRIPTS = '/etc/init.d';
const ENDING = /\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/;

/** Its whole name: `ssh` is `ssh.service`, as for systemctl(1). */
export function unitName(name: string): string {
  return ENDING.test(name) ? name : `${name}.service`;
}

/** Names of all that can be enabled, templates (`getty@.service`) among them. */
export async function installedUnits(tree: RootTree): Promise<Set<string>> {
  const units = await Promise.all(FOLDERS.map((folder) => tree.names(folder)));
  const scripts = await tree.names(INIT_SCRIPTS);
  return new Set([...units.flat().filter((name) => ENDING.test(name)), ...scripts.map(unitName)]);
}

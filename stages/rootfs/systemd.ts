/** Units of the root tree, without a running systemd: enabling is a symlink, see systemd.unit(5). */
import type { RootTree } from './tree.js';

export async function hasSystemd(tree: RootTree): Promise<boolean> {
  return tree.exists('/usr/lib/systemd/systemd');
}

/** Whether a package brings this unit. */
export async function hasUnit(tree: RootTree, unit: string): Promise<boolean> {
  return tree.exists(`/usr/lib/systemd/system/${unit}`);
}

/** Enables a unit that a package brings, as its own [Install] section says. */
export async function enableUnit(tree: RootTree, unit: string, wantedBy: string): Promise<void> {
  await tree.link(`/etc/systemd/system/${wantedBy}.wants/${unit}`, `/usr/lib/systemd/system/${unit}`);
}

/** Adds a unit of our own and enables it. */
export async function addUnit(tree: RootTree, unit: string, text: string, wantedBy: string): Promise<void> {
  await tree.write(`/etc/systemd/system/${unit}`, text);
  await tree.link(`/etc/systemd/system/${wantedBy}.wants/${unit}`, `/etc/systemd/system/${unit}`);
}

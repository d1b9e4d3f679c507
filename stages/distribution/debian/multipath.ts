/** Several paths to the LUN of the root, by multipath-tools: from its initramfs to the booted system. */

import { addUnit } from '../../rootfs/systemd.js';
import type { RootTree } from '../../rootfs/tree.js';
import {
  ISCSID_AFTER_PATHS,
  LOGIN_SCRIPT,
  LOGIN_SCRIPT_PATH,
  LOGIN_UNIT,
  LOGIN_UNIT_TEXT,
  MULTIPATH_CONF,
} from './multipath/booted.js';
import { HOOK, PORTALS_SCRIPT, ROOT_SCRIPT } from './multipath/initramfs-scripts.js';

const INITRAMFS_TOOLS = '/etc/initramfs-tools';
const PORTALS_AT = `${INITRAMFS_TOOLS}/scripts/init-premount/lunsmith-portals`;

export async function placeMultipath(tree: RootTree): Promise<void> {
  await tree.write('/etc/multipath.conf', MULTIPATH_CONF);
  const scripts = [
    [PORTALS_AT, PORTALS_SCRIPT],
    [`${INITRAMFS_TOOLS}/scripts/local-top/lunsmith-multipath-root`, ROOT_SCRIPT],
    [`${INITRAMFS_TOOLS}/hooks/lunsmith-multipath`, HOOK],
    [LOGIN_SCRIPT_PATH, LOGIN_SCRIPT],
  ] as const;
  for (const [path, text] of scripts) await tree.write(path, text, { mode: 0o755 });
  await tree.write('/etc/systemd/system/iscsid.service.d/after-paths.conf', ISCSID_AFTER_PATHS);
  await tree.directory('/etc/iscsi/nodes');
  await addUnit(tree, LOGIN_UNIT, LOGIN_UNIT_TEXT, 'multi-user.target');
}

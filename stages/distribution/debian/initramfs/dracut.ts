/**
 * dracut(8). Its own modules for network and iSCSI take a secret from the kernel command line alone: a module of ours stands in their place, which
 * logs in as the small archive of the client or the iBFT says, by the lines that the initramfs of mkinitcpio has too. The stage `initramfs` calls it,
 * where dracut is installed.
 */
import { Failure } from '../../../../base/failure.js';
import { sessionSettingsText } from '../../../iscsi-initiator/iscsid-conf.js';
import type { RootTree } from '../../../rootfs/tree.js';
import { moduleOptionsText } from '../../module-options.js';
import type { DebianGenerator } from '../generator.js';
import { checkNone } from '../vlan.js';
import { IPCONFIG, MODULE_FILES, MODULES, OVERLAY_FILE, SESSION_SETTINGS } from './dracut/module.js';
import { dracutConf, missingParts } from './dracut/texts.js';
import { imageOf, PATH } from './places.js';

/** They are read in the order of their names, and the last one wins: also over those of an imported root. */
const CONFIGURATION = '/etc/dracut.conf.d/zz-lunsmith.conf';
const MODULE_OPTIONS = '/etc/modprobe.d/lunsmith.conf';

/** Files of packages that it cannot do without, which no package of dracut's depends on. */
const WANTED: readonly (readonly [path: string, name: string, what: string])[] = [
  [IPCONFIG, 'klibc-utils', 'whose ipconfig configures the NIC in the initramfs'],
  ['/usr/bin/ip', 'iproute2', 'by which the initramfs sets the route to the target'],
];

export const dracut: DebianGenerator = {
  sources: ['/etc/dracut.conf', '/etc/dracut.conf.d', '/usr/lib/dracut'],

  // Its modules take what they find.
  unread: () => Promise.resolve([]),

  async configure(tree, { modules, overlay, ...wishes }) {
    await checkNone(tree);
    // Another version of dracut may give its modules another place in their order.
    const drivers = (await tree.names(MODULES)).some((name) => /^\d+kernel-network-modules$/.test(name));
    if (!drivers) throw without('dracut-network', 'which knows the drivers of network cards');
    for (const [path, name, what] of WANTED) if (!(await there(tree, path))) throw without(name, what);
    await tree.write(CONFIGURATION, dracutConf({ ...wishes, modules }));
    const options = moduleOptionsText(modules);
    if (options !== undefined) await tree.write(MODULE_OPTIONS, options);
    const settings = sessionSettingsText((await tree.read('/etc/iscsi/iscsid.conf')) ?? '');
    await tree.write(SESSION_SETTINGS, settings, { mode: 0o600 });
    for (const [path, text] of [...MODULE_FILES, ...(overlay ? [OVERLAY_FILE] : [])])
      await tree.write(path, text, { mode: 0o755 });
    if (!overlay) await tree.remove(OVERLAY_FILE[0]);
  },

  async generate(ctx, _tree, version) {
    const image = imageOf(version);
    await ctx.chroot(['dracut', '--force', image, version], {
      doing: `generate the initramfs of Linux ${version}`,
      env: { PATH, SOURCE_DATE_EPOCH: String(ctx.epoch) },
    });
    return image;
  },

  async missing(ctx, tree, version) {
    const { stdout } = await ctx.chroot(['lsinitrd', imageOf(version)], {
      doing: 'list the initramfs',
      env: { PATH },
      quiet: true,
    });
    const builtin = (await tree.read(`/usr/lib/modules/${version}/modules.builtin`)) ?? '';
    const settings = (await tree.read('/etc/iscsi/iscsi.initramfs')) ?? '';
    const overlay = await tree.exists(OVERLAY_FILE[0]);
    return missingParts(stdout.split('\n'), { builtin, settings, overlay });
  },
};

/** Also where /bin is a folder of its own. */
async function there(tree: RootTree, path: string): Promise<boolean> {
  return (await tree.exists(path)) || tree.exists(path.replace('/usr/', '/'));
}

function without(name: string, what: string): Failure {
  return new Failure('recipe', {
    what: `The package ${name} is not installed, ${what}.`,
    hint: `An initramfs by dracut wants it: add \`${name}\` to a \`packages\` step before this one.`,
  });
}

/** Debian's open-iscsi: what its initramfs hook, its units and its shutdown scripts read. */

import { Failure } from '../../../base/failure.js';
import { ISCSID_DROP_IN, ISCSID_DROP_IN_PATH } from '../../iscsi-initiator/iscsid-unit.js';
import { enableUnit, hasUnit } from '../../rootfs/systemd.js';
import type { Initiator } from '../topics.js';
import { installedPackages } from './dpkg.js';
import { generatorOf } from './generator.js';
import { placeMultipath } from './multipath.js';
import { UBUNTU } from './ubuntu.js';

/**
 * /etc/iscsi/iscsi.initramfs. That it exists makes the hook put it into the initramfs as /etc/iscsi.initramfs, and
 * makes the shutdown scripts keep the session of the root. A per-client initrd replaces it.
 */
export function iscsiInitramfsText(identity: 'ibft' | 'cmdline'): string {
  return identity === 'ibft'
    ? '# Target, initiator and secret come from the iSCSI Boot Firmware Table (iBFT).\nISCSI_AUTO=true\n'
    : '# Target, initiator and secret come from the kernel command line or from a per-client initrd.\n';
}

/**
 * /etc/iscsi/initiatorname.iscsi of an image that many clients boot: iscsid's start-up check makes a name at the first
 * start. The session of the root has its name from the iBFT, the command line or the per-client initrd.
 */
const INITIATOR_NAME = 'GenerateName=yes\n';

export const initiator: Initiator = {
  configuration: '/etc/iscsi/iscsid.conf',
  async place(ctx, tree, { identity, multipath }) {
    await tree.write('/etc/iscsi/iscsi.initramfs', iscsiInitramfsText(identity), { mode: 0o600 });
    await tree.write('/etc/iscsi/initiatorname.iscsi', INITIATOR_NAME, { mode: 0o600 });
    // It takes the session over from the initramfs: without it nothing reconnects after an outage.
    if (await hasUnit(tree, 'iscsid.service')) {
      await enableUnit(tree, 'iscsid.service', 'sysinit.target');
      await tree.write(ISCSID_DROP_IN_PATH, ISCSID_DROP_IN);
    }
    if ((await generatorOf(tree)) === 'dracut') {
      if (multipath) throw dracutHasOnePath();
      return;
    }
    const names = (await installedPackages(tree)).map(({ name }) => name);
    const busybox = ['busybox', 'busybox-static', UBUNTU.busybox].some((name) => names.includes(name));
    if (multipath) {
      if (!busybox) throw withoutBusybox();
      await placeMultipath(tree);
    }
    if (!busybox) {
      ctx.warn(
        'Without busybox the initramfs sets no default route from the iBFT: targets beyond a router are not reached.',
        'Add `busybox` to a `packages` step.',
      );
    }
  },
};

function withoutBusybox(): Failure {
  return new Failure('recipe', {
    what: 'The initramfs cannot find out which portals answer: it has no busybox.',
    hint: 'Add `busybox` to a `packages` step before this one, or leave `multipath` out.',
  });
}

function dracutHasOnePath(): Failure {
  return new Failure('recipe', {
    what: 'Several paths to the root are not built with an initramfs by dracut: its login takes one portal.',
    hint: 'Install `initramfs-tools` in the place of `dracut`, or leave `multipath` out.',
  });
}

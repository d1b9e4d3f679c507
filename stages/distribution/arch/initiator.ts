/** open-iscsi of Arch: what our hook `iscsi` of the initramfs reads, and what iscsid finds. */
import { sessionSettingsText } from '../../iscsi-initiator/iscsid-conf.js';
import { ISCSID_DROP_IN, ISCSID_DROP_IN_PATH } from '../../iscsi-initiator/iscsid-unit.js';
import { enableUnit, hasUnit } from '../../rootfs/systemd.js';
import type { Initiator } from '../topics.js';
import { INITRAMFS_IDENTITY, SESSION_SETTINGS } from './mkinitcpio/places.js';

const CONFIGURATION = '/etc/iscsi/iscsid.conf';

/** The hook sources it; a per-client initrd replaces it. */
export function identityText(identity: 'ibft' | 'cmdline'): string {
  return identity === 'ibft'
    ? '# Target, initiator and secret come from the iSCSI Boot Firmware Table (iBFT).\nISCSI_AUTO=true\n'
    : '# Target, initiator and secret come from the kernel command line or from a per-client initrd.\n';
}

/**
 * An image that many clients boot has no name of an initiator; that of the root's session comes with the session. For other
 * targets each client makes its own, once.
 */
const MAKE_NAME = `ExecStartPre=-/bin/sh -c '[ -s /etc/iscsi/initiatorname.iscsi ] || { umask 077; echo "InitiatorName=$$(iscsi-iname)" > /etc/iscsi/initiatorname.iscsi; }'
`;

export const initiator: Initiator = {
  configuration: CONFIGURATION,
  async place(_ctx, tree, { identity }) {
    await tree.write(INITRAMFS_IDENTITY, identityText(identity), { mode: 0o600 });
    await tree.write(SESSION_SETTINGS, sessionSettingsText((await tree.read(CONFIGURATION)) ?? ''), {
      mode: 0o600,
    });
    await tree.remove('/etc/iscsi/initiatorname.iscsi');
    // It takes the session over from the initramfs: without it nothing reconnects after an outage.
    if (!(await hasUnit(tree, 'iscsid.service'))) return;
    await enableUnit(tree, 'iscsid.service', 'sysinit.target');
    await tree.write(ISCSID_DROP_IN_PATH, `${ISCSID_DROP_IN}${MAKE_NAME}`);
  },
};

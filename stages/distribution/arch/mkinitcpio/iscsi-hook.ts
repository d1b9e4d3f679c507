/**
 * The hook `iscsi` for mkinitcpio(8): logs in to the target of the root with iscsistart(8), as the iBFT says or as a file or the
 * kernel command line does.
 */
import { loginToTarget } from '../../iscsi-login.js';
import { INITRAMFS_IDENTITY, SESSION_SETTINGS } from './places.js';

export const ISCSI_INSTALL = `#!/bin/bash
# Logs in to the iSCSI target of the root. Written by lunsmith.

build() {
  map add_module iscsi_tcp iscsi_ibft libiscsi libiscsi_tcp scsi_transport_iscsi sd_mod 'crc32c?' 'crc32c_generic?' 'crc32c_intel?'
  add_dir /var/lib/iscsi
  add_binary iscsistart
  add_file /etc/iscsi/iscsid.conf
  add_file ${INITRAMFS_IDENTITY} /etc/iscsi.initramfs
  add_file ${SESSION_SETTINGS}
  add_runscript
}

help() {
  cat <<HELP
Logs in to an iSCSI target: that of the iBFT where /etc/iscsi.initramfs sets ISCSI_AUTO, or that of ISCSI_TARGET_NAME, ISCSI_TARGET_IP,
ISCSI_INITIATOR and so on there, or of the kernel parameters iscsi_target_name=, iscsi_target_ip=, iscsi_initiator= and so on.
HELP
}
`;

export const ISCSI_RUN = `#!/usr/bin/ash
# Logs in to the iSCSI target of the root. Written by lunsmith.

${loginToTarget(SESSION_SETTINGS)}`;

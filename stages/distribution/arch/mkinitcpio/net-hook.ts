/**
 * The hook `net` for mkinitcpio(8), in the place of that of mkinitcpio-nfs-utils, whose ipconfig it uses: it waits for the NIC,
 * knows BOOTIF, has a time-out, and hands on what it learned below /run.
 */

import { CONFIGURE_NIC } from '../../boot-nic.js';

export const NET_INSTALL = `#!/bin/bash
# Configures the NIC that the machine boots by. Written by lunsmith.

build() {
  add_checked_modules '/drivers/net/'
  map add_module 'af_packet?'
  add_binary /usr/lib/initcpio/ipconfig /bin/ipconfig
  add_runscript
}

help() {
  cat <<HELP
Configures the NIC as the kernel parameter ip= says; BOOTIF= of the boot loader chooses it. Without ip= it does nothing.
HELP
}
`;

export const NET_RUN = `#!/usr/bin/ash
# Configures the NIC that the machine boots by. Written by lunsmith.

${CONFIGURE_NIC}`;

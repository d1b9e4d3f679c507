/** What the initramfs leaves behind of the boot NIC: ipconfig, which our hook `net` calls, and the hook `iscsi` for the iBFT. */
import type { BootNic } from '../topics.js';

export const network: BootNic = {
  learned: ['/run/net-*.conf'],
  // The program is part of systemd; this is its alias, which enabling it makes.
  resolved: '/etc/systemd/system/dbus-org.freedesktop.resolve1.service',
};

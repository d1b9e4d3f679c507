/** What the initramfs leaves behind of the boot NIC: ipconfig (klibc), which open-iscsi's script calls too. */
import type { BootNic } from '../topics.js';
import { vlan } from './vlan.js';

export const network: BootNic = {
  learned: ['/run/net-*.conf', '/run/net6-*.conf'],
  // It comes with a package of its own, which enables it.
  resolved: '/usr/lib/systemd/systemd-resolved',
  vlan,
};

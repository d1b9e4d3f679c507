/** What initramfs-tools, open-iscsi, systemd and agetty say on the console of a boot. */
import type { ConsoleSigns } from '../topics.js';

export const console: ConsoleSigns = {
  // agetty(8), in English whatever the system's language is.
  login: ' login:',
  signs: {
    kernel: ['Loading, please wait...', 'Starting version ', 'Starting systemd-udevd version '],
    'initramfs-login': ['*iscsistart: Connection*:0 to [*is operational now'],
    'root-mount': ['*Running /scripts/local-bottom', 'Welcome to '],
    'initramfs-refused': ['*iscsistart: *authorization failure', '*iscsistart: *Login authentication failed'],
    'initramfs-shell': ['(initramfs)'],
    emergency: ['*You are in emergency mode', '*You are in rescue mode'],
  },
};

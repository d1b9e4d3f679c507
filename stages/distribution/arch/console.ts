/** What mkinitcpio's init, our hooks, systemd and agetty say on the console of a boot. */
import type { Console, ConsoleSigns } from '../topics.js';

const SIGNS: ConsoleSigns = {
  // agetty(8), in English whatever the system's language is.
  login: ' login:',
  signs: {
    kernel: [':: running early hook [udev]', 'Starting version ', 'Starting systemd-udevd version '],
    'initramfs-login': ['*iscsistart: Connection*:0 to [*is operational now'],
    'root-mount': [':: mounting ', 'Welcome to '],
    'initramfs-refused': ['*iscsistart: *authorization failure', '*iscsistart: *Login authentication failed'],
    // The prompt of its shell: `[rootfs ~]# `.
    'initramfs-shell': ['[rootfs '],
    emergency: ['*You are in emergency mode', '*You are in rescue mode'],
  },
};

export const console: Console = { signs: () => Promise.resolve(SIGNS) };

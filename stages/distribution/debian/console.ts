/** What the initramfs of each generator, open-iscsi, systemd and agetty say on the console of a boot. */
import type { Console, ConsoleSigns } from '../topics.js';
import { type GeneratorName, generatorOf } from './generator.js';

/** Whoever made the initramfs. */
const COMMON = {
  'initramfs-login': ['*iscsistart: Connection*:0 to [*is operational now'],
  'initramfs-refused': ['*iscsistart: *authorization failure', '*iscsistart: *Login authentication failed'],
  emergency: ['*You are in emergency mode', '*You are in rescue mode'],
};

/** agetty(8) asks in English whatever the system's language is. */
const LOGIN = ' login:';

export const CONSOLES: Readonly<Record<GeneratorName, ConsoleSigns>> = {
  'initramfs-tools': {
    login: LOGIN,
    signs: {
      ...COMMON,
      kernel: ['Loading, please wait...', 'Starting version ', 'Starting systemd-udevd version '],
      'root-mount': ['*Running /scripts/local-bottom', 'Welcome to '],
      'initramfs-shell': ['(initramfs)'],
    },
  },
  dracut: {
    login: LOGIN,
    signs: {
      ...COMMON,
      // systemd welcomes twice, to the initramfs and to the system; not with `quiet`.
      kernel: ['Welcome to *dracut-', '*: IP-Config: ', '*: Logging in to the iSCSI target '],
      'root-mount': ['*Mounted *sysroot.mount', 'Welcome to '],
      'initramfs-shell': ['Entering emergency mode. Exit the shell to continue.', '*dracut: FATAL: '],
    },
  },
};

export const console: Console = { signs: async (tree) => CONSOLES[await generatorOf(tree)] };

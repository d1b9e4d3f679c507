/** Arch Linux: pacman, mkinitcpio. */
import type { Distribution } from '../distribution.js';
import { console } from './console.js';
import { guard } from './guard.js';
import { initiator } from './initiator.js';
import { initramfs } from './initramfs.js';
import { inventory } from './inventory.js';
import { kernel } from './kernel.js';
import { locale } from './locale.js';
import { network } from './network.js';
import { packages } from './packages.js';
import { software } from './software.js';
import { traces } from './traces.js';

export const arch: Distribution = {
  id: 'arch',
  tools: {
    packages: [
      { name: 'pacman', package: 'pacman-package-manager' },
      { name: 'pacman-key', package: 'pacman-package-manager' },
      { name: 'gpg', package: 'gpg' },
    ],
  },
  guard,
  software,
  inventory,
  packages,
  locale,
  initiator,
  network,
  initramfs,
  kernel,
  traces,
  console,
};

/** Debian and what descends from it: dpkg, apt, initramfs-tools. */
import type { Distribution } from '../distribution.js';
import { console } from './console.js';
import { guard } from './guard.js';
import { initiator } from './initiator.js';
import { initramfs } from './initramfs.js';
import { inventory } from './inventory.js';
import { kernel } from './kernel.js';
import { locale } from './locale.js';
import { native } from './native.js';
import { network } from './network.js';
import { packages } from './packages.js';
import { software } from './software.js';
import { traces } from './traces.js';

export const debian: Distribution = {
  id: 'debian',
  tools: {
    packages: [
      { name: 'apt-get', package: 'apt' },
      { name: 'dpkg-deb', package: 'dpkg' },
    ],
  },
  guard,
  native,
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

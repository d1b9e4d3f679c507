/** What keeps dpkg's maintainer scripts quiet. */
import type { KnownDistribution } from '../../../pipeline/stage.js';

export const guard: KnownDistribution['guard'] = {
  files: [
    {
      // invoke-rc.d(8) asks it before it starts a service; 101 means: forbidden.
      path: '/usr/sbin/policy-rc.d',
      text: '#!/bin/sh\nexit 101\n',
      purpose: 'decides whether packages may start services',
    },
  ],
  // The initramfs is generated once, by its own step. And ischroot(1), by which scripts leave the machine's boot loader alone, would not
  // see that it is in a chroot: nothing is yes.
  silenced: ['update-initramfs', 'dracut', 'ischroot'],
  environment: { DEBIAN_FRONTEND: 'noninteractive' },
};

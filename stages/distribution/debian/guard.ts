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
  // The initramfs is generated once, by its own step.
  silenced: ['update-initramfs'],
  environment: { DEBIAN_FRONTEND: 'noninteractive' },
};

/** The architectures that a release for a platform may have. */
import type { Architecture } from './architecture.js';
import type { PlatformId } from './platforms.js';

export interface PlatformArchitectures {
  /** For which a release can be built; the first is the default. */
  readonly whole: readonly [Architecture, ...Architecture[]];
  /** Those of its machines for which none can be built yet, and why. */
  readonly lacking: Readonly<Partial<Record<Architecture, string>>>;
}

const TABLE: Readonly<Record<PlatformId, PlatformArchitectures>> = {
  pc: {
    whole: ['amd64'],
    lacking: { arm64: 'no iPXE for it is handed out, and the boot gate has no such machine' },
  },
  'raspberry-pi': {
    whole: ['arm64', 'armhf'],
    lacking: {},
  },
};

export function platformArchitectures(platform: PlatformId): PlatformArchitectures {
  return TABLE[platform];
}

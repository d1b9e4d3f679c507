/** pacman's scriptlets start no services where systemd does not run; nothing need be kept from them. */
import type { KnownDistribution } from '../../../pipeline/stage.js';

export const guard: KnownDistribution['guard'] = { files: [], silenced: [], environment: {} };

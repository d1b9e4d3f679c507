/** All platforms by their ids: each a file beside this one. */
import { PC } from './pc.js';
import { type Cell, cellsOf, type Platform } from './platform.js';
import { RASPBERRY_PI } from './raspberry-pi.js';

const PLATFORMS = { [PC.id]: PC, [RASPBERRY_PI.id]: RASPBERRY_PI } as const;

export type PlatformId = keyof typeof PLATFORMS;

export const PLATFORM_IDS = Object.keys(PLATFORMS) as [PlatformId, ...PlatformId[]];

export function platformOf(id: PlatformId): Platform {
  return PLATFORMS[id];
}

/** Every cell of every platform. */
export function allCells(): Cell[] {
  return PLATFORM_IDS.flatMap((id) => cellsOf(PLATFORMS[id].matrix));
}

/** What pacman leaves behind. */
import type { Traces } from '../topics.js';
import { TREE_KEYS } from './pacman/install.js';

export const traces: Traces = {
  removed: [TREE_KEYS, '/var/lib/pacman/sync', '/var/lib/pacman/db.lck', '/var/lib/systemd/catalog/database'],
  emptied: ['/var/cache/pacman/pkg'],
  kept: [],
};

/** The shell inside the sandbox. */

import type { Ports } from '../../base/ports.js';
import { shellInTree } from '../../pipeline/build/failed-tree.js';

export interface ShellInside {
  readonly folder: string;
}

export function inside({ folder }: ShellInside, ports: Ports): Promise<boolean> {
  return shellInTree(folder, ports);
}

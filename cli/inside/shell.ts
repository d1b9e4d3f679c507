/** The shell inside the sandbox. */
import { shellInTree } from '../../pipeline/failed-tree.js';
import type { Ports } from '../../pipeline/ports.js';

export interface ShellInside {
  readonly folder: string;
}

export function inside({ folder }: ShellInside, ports: Ports): Promise<boolean> {
  return shellInTree(folder, ports);
}

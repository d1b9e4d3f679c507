/** What all parts of a difference between releases are shown with. */
import type { Style } from './style.js';

export interface DiffSurroundings {
  readonly style: Style;
  readonly cwd: string;
  /** Show every file and every member of an initramfs. */
  readonly all: boolean;
}

export const sign = {
  added: (style: Style) => style.green('+'),
  removed: (style: Style) => style.red('-'),
  changed: (style: Style) => style.yellow('~'),
};

/** `2 added, 1 removed, 30 changed`, without what there is none of; `the same` when nothing is left. */
export function countChanges(counts: { added: number; removed: number; changed: number }): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.length === 0 ? 'the same' : parts.map(([name, count]) => `${count} ${name}`).join(', ');
}

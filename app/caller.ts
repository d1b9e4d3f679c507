/** On whose behalf work is done: where the user is, where events go, and the signal to stop. It has no terminal. */
import type { Emit } from '../base/event.js';

export interface Caller {
  /** Absolute path that relative paths of the user start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** What all three forms of output have in common. */
import type { Emit } from '../../base/event.js';

export interface Renderer {
  /** Shows one event. A `failed` event is shown whole; no other channel tells of it. */
  readonly emit: Emit;
  /** Lines of a result for people; `--json` prints events only and drops them. */
  print(lines: readonly string[]): void;
  /** Gives the terminal back as it was found. May be called more than once. */
  close(): void;
}

/** `--json`: one event a line as it is, plus `at`; nothing else is printed. */
import type { Terminal } from '../terminal.js';
import type { Renderer } from './renderer.js';

/** `at`: seconds since the renderer was made, three decimals. */
export function jsonRenderer({ stdout, clock }: Terminal): Renderer {
  const start = clock.now();
  return {
    emit: (event) => {
      const at = Math.round(clock.now() - start) / 1000;
      stdout.write(`${JSON.stringify({ ...event, at })}\n`);
    },
    print: () => undefined,
    close: () => undefined,
  };
}

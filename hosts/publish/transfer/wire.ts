/** The connection to a target host as a transfer uses it: every byte is counted, and a full disk is the host's. */

import { Failure } from '../../../base/failure.js';
import type { Argv, RunOptions } from '../../../base/ports.js';
import type { TargetHost } from '../../host/host.js';

export interface Wire {
  readonly name: string;
  readonly root: string;
  /** Bytes so far: scripts, arguments and input; and what was printed. */
  readonly sent: number;
  readonly received: number;
  /** Runs a script with arguments, and returns what it printed. @throws Failure as the host's `run` */
  script(text: string, args: readonly string[], options: ScriptOptions): Promise<string>;
  write(path: string, content: string): Promise<void>;
  /** How a full disk there is told. */
  full(doing: string, found: string): Failure;
}

export interface ScriptOptions extends Pick<RunOptions, 'doing' | 'onLine'> {
  readonly input?: Uint8Array;
}

export function openWire(host: TargetHost): Wire {
  const { name, root } = host.facts;
  let [sent, received] = [0, 0];
  const full: Wire['full'] = (doing, found) =>
    new Failure('space', {
      what: `The disk of ${name} is full: could not ${doing}.`,
      found,
      hint: `Free space below ${root} on ${name}, then run the same command again: what has arrived is kept for a day.`,
    });
  return {
    name,
    root,
    get sent() {
      return sent;
    },
    get received() {
      return received;
    },
    full,
    script: async (text, args, { input, ...options }) => {
      const argv: Argv = ['sh', '-c', text, 'sh', ...args];
      sent += argv.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, input?.length ?? 0);
      try {
        const given = { ...options, quiet: true, ...(input === undefined ? {} : { input }) };
        const { stdout, stderr } = await host.run(argv, given);
        received += Buffer.byteLength(stdout) + Buffer.byteLength(stderr);
        return stdout;
      } catch (error) {
        if (!(error instanceof Failure) || error.kind !== 'space') throw error;
        throw full(options.doing, error.command?.lastLines.at(-1) ?? 'no space left');
      }
    },
    write: async (path, content) => {
      sent += Buffer.byteLength(path) + Buffer.byteLength(content);
      await host.write(path, content, { mode: 0o644 });
    },
  };
}

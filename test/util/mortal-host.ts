/** A target host whose caller dies at a certain operation: nothing that it does afterwards has any effect. */

import type { RunningTool } from '../../base/ports.js';
import type { TargetHost } from '../../hosts/host/host.js';

export interface MortalHost {
  readonly host: TargetHost;
  /** Operations that were begun, by what they were for. */
  readonly operations: string[];
  /** Which of them, counted from 0, take a script by their input. */
  readonly scripts: ReadonlySet<number>;
  /** Ends what was started, as the death of its caller would. */
  bury(): Promise<void>;
}

/**
 * @param last number of operations that it lives through
 * @param half whether the one after the last still has half of its effect: of a script that comes by the input, half arrives
 */
export function mortalHost(host: TargetHost, last = Number.POSITIVE_INFINITY, half = false): MortalHost {
  const operations: string[] = [];
  const scripts = new Set<number>();
  const started: RunningTool[] = [];
  let line: Promise<unknown> = Promise.resolve();
  // One at a time, in the order in which they were asked for: the same at every run.
  const next = <T>(what: string, work: () => Promise<T>, halfOfIt?: () => Promise<unknown>): Promise<T> => {
    const turn = line.then(async () => {
      if (halfOfIt !== undefined) scripts.add(operations.length);
      operations.push(what);
      if (operations.length <= last) return work();
      if (half && operations.length === last + 1) await halfOfIt?.().catch(() => undefined);
      throw new Error('dead');
    });
    line = turn.catch(() => undefined);
    return turn;
  };
  return {
    operations,
    scripts,
    host: {
      facts: host.facts,
      run: (argv, options) => {
        const { input } = options;
        const halfOfIt =
          input === undefined
            ? undefined
            : () => host.run(argv, { ...options, input: input.slice(0, input.length / 2) });
        return next(options.doing, () => host.run(argv, options), halfOfIt);
      },
      start: (argv, options) =>
        next(options.doing, async () => {
          const tool = await host.start(argv, options);
          started.push(tool);
          return tool;
        }),
      write: (path, content, options) => next(`write ${path}`, () => host.write(path, content, options)),
      read: (path) => next(`read ${path}`, () => host.read(path)),
      socket: (path) => next(`socket ${path}`, () => host.socket(path)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    bury: async () => {
      await line;
      for (const tool of started) await tool[Symbol.asyncDispose]();
    },
  };
}

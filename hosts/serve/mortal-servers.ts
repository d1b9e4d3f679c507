/** Servers that do not outlive us, and that we do not outlive unheard. */

import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';

export interface MortalServers {
  /** What is started by these dies with us, however we end (PR_SET_PDEATHSIG, prctl(2)). */
  readonly ports: Ports;
  readonly broken: Promise<Failure>;
}

export function mortalServers(ports: Ports): MortalServers {
  let tell: (failure: Failure) => void = () => undefined;
  const broken = new Promise<Failure>((resolve) => {
    tell = resolve;
  });
  const start: Ports['start'] = async (argv, options) => {
    const tool = await ports.start(['setpriv', '--pdeathsig', 'KILL', ...argv], options);
    void tool.ended.then(({ exitCode, signal }) =>
      tell(
        new Failure(
          'tool',
          {
            what: `${argv[0]} has ended; the release is no longer served.`,
            found: signal === undefined ? `exit code ${exitCode ?? 'unknown'}` : `ended by ${signal}`,
            hint: 'Run the same command again.',
          },
          { command: { argv, lastLines: tool.lastLines() } },
        ),
      ),
    );
    return tool;
  };
  return { ports: { ...ports, start }, broken };
}

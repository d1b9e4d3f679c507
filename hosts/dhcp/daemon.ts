/** A dnsmasq of our own: started for one purpose with a configuration of its own, and ended with it. */

import { Failure } from '../../base/failure.js';
import type { Argv, Ports, RunningTool } from '../../base/ports.js';

export interface DnsmasqOptions {
  /** Absolute path of its configuration, which has a TFTP root. */
  readonly config: string;
  /** What it is told besides, about the network that it is in (dnsmasq(8)). */
  readonly more?: readonly string[];
  /** Each line of its log. */
  readonly onLine: (line: string) => void;
  /** What to do when it does not start. */
  readonly hint: string;
}

/** What it says when it has its ports and has read everything. */
const READY = /dnsmasq-tftp\[\d+\]: TFTP root is/;

/** It is ready when the promise is kept. @throws Failure of kind `tool` when it does not start, `host` when it is missing */
export async function startDnsmasq(
  ports: Pick<Ports, 'start' | 'signal'>,
  { config, more = [], onLine, hint }: DnsmasqOptions,
): Promise<RunningTool> {
  let ready: () => void = () => undefined;
  const started = new Promise<'ready'>((resolve) => {
    ready = () => resolve('ready');
  });
  // It stays root, or the root of its namespace: its own user could not enter a private folder.
  const argv: Argv = [
    'dnsmasq',
    '--keep-in-foreground',
    '--log-facility=-',
    `--conf-file=${config}`,
    '--pid-file',
    '--user=root',
    '--group=root',
    ...more,
  ];
  const tool = await ports.start(argv, {
    doing: 'serve DHCP and TFTP',
    quiet: true,
    onLine: (line) => {
      if (READY.test(line)) ready();
      onLine(line);
    },
  });
  const end = await Promise.race([started, tool.ended]);
  if (end === 'ready') return tool;
  if (ports.signal.aborted)
    throw new Failure('interrupted', { what: 'Interrupted: could not serve DHCP and TFTP.' });
  throw new Failure(
    'tool',
    { what: 'dnsmasq did not start.', found: `exit code ${end.exitCode ?? 'none'}`, hint },
    { command: { argv, lastLines: tool.lastLines() } },
  );
}

/** `lunsmith metrics`: what `status` knows, for Prometheus. */
import { resolve } from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { connect, hostNamed, openSite } from '../../app/site/open.js';
import { type HostStatus, statusOf } from '../../app/site/status.js';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import type { HostFacts } from '../../hosts/site/facts.js';
import { writeOutput } from '../output-file.js';
import { metricsText } from '../render/metrics.js';
import type { Session } from '../session.js';
import { siteOption } from '../site-options.js';

/** Whoever runs the collector reads it. */
const MODE = 0o644;

export function addMetricsCommand(program: Command, session: Session): void {
  const { terminal } = session;
  program
    .command('metrics')
    .summary('tell Prometheus what target hosts serve, and to whom')
    .description(
      'Prints channels, releases, clients, sessions and space of target hosts in Prometheus’ text format. A host that cannot be ' +
        'reached has lunsmith_up 0; the others are told of nevertheless.',
    )
    .addOption(new Option('--on <host>', 'the target host, by its name in the site (default: all of them)'))
    .addOption(siteOption())
    .option('--output <file>', 'write a file instead, at one stroke: of node_exporter’s textfile collector')
    .addHelpText('after', HELP)
    .action(async (options) => {
      const renderer = session.open({ plain: true });
      const ports = createPorts({ emit: () => undefined, signal: session.signal });
      const site = await openSite(terminal, options);
      const hosts = options.on === undefined ? site.hosts : [hostNamed(site, options.on)];
      const results = await Promise.all(hosts.map((host) => ask(session, host, ports)));
      session.signal.throwIfAborted();
      const text = await metricsText(
        results.map((result, index) => [
          hosts[index]?.name ?? '',
          result instanceof Failure ? undefined : result,
        ]),
      );
      if (options.output === undefined) renderer.print(text.trimEnd().split('\n'));
      else await writeOutput(resolve(terminal.cwd, options.output), text, MODE);
      Failure.throwAll(results.filter((result) => result instanceof Failure));
    });
}

async function ask({ terminal }: Session, facts: HostFacts, ports: Ports): Promise<HostStatus | Failure> {
  try {
    await using open = await connect(terminal, facts, ports);
    return await statusOf(open, ports);
  } catch (error) {
    return Failure.from(error);
  }
}

const HELP = `
Examples:
  $ npx lunsmith metrics
  $ npx lunsmith metrics --output /var/lib/prometheus/node-exporter/lunsmith.prom    every minute, by a timer`;

/** `lunsmith status`: releases, channels, clients, sessions and space of a target host. */
import { setTimeout } from 'node:timers/promises';
import { type Command, Option } from '@commander-js/extra-typings';
import { connect, hostNamed, openSite } from '../../app/site/open.js';
import { type HostStatus, statusOf } from '../../app/site/status.js';
import { createPorts } from '../../base/command.js';
import { parseCount } from '../options.js';
import { statusLines } from '../render/status.js';
import { plainStyle, styleFor } from '../render/style.js';
import type { Session } from '../session.js';
import { onOption, siteOption } from '../site-options.js';

export function addStatusCommand(program: Command, session: Session): void {
  const { stdout, env } = session.terminal;
  program
    .command('status')
    .summary('show what a target host serves, and to whom')
    .description(
      'Shows channels, releases, clients with the LUNs that they boot next, open sessions, and how much room there is. Warns ' +
        'when the LUNs may come to more than the host has, and when a change was not finished.',
    )
    .addOption(onOption())
    .addOption(siteOption())
    .addOption(
      new Option('--watch [seconds]', 'show it again every so many seconds, until Ctrl-C (default: 5)')
        .argParser(parseCount)
        .conflicts('json'),
    )
    .addOption(new Option('--json', 'print everything as one JSON document'))
    .action(async (options) => {
      const ports = createPorts({ emit: () => undefined, signal: session.signal });
      const facts = hostNamed(await openSite(session.terminal, options), options.on);
      await using open = await connect(session.terminal, facts, ports);
      if (options.watch !== undefined) {
        const seconds = options.watch === true ? WATCH_SECONDS : options.watch;
        return await watch(session, () => statusOf(open, ports), seconds);
      }
      const renderer = session.open({ plain: true });
      const status = await statusOf(open, ports);
      renderer.print(
        options.json === true
          ? [JSON.stringify(status, undefined, 2)]
          : statusLines(status, styleFor(stdout, env), Date.now()),
      );
    });
}

const WATCH_SECONDS = 5;

/** Ctrl-C is its end, and no failure. */
async function watch(session: Session, look: () => Promise<HostStatus>, seconds: number): Promise<void> {
  const { signal } = session;
  const picture = session.picture();
  try {
    for (;;) {
      picture.show(statusLines(await look(), plainStyle, Date.now()));
      await setTimeout(seconds * 1000, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

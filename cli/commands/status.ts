/** `lunsmith status`: releases, channels, clients, sessions and space of a target host. */
import { type Command, Option } from '@commander-js/extra-typings';
import { connect, hostNamed, openSite } from '../../app/site/open.js';
import { statusOf } from '../../app/site/status.js';
import { createPorts } from '../../base/command.js';
import { statusLines } from '../render/status.js';
import { styleFor } from '../render/style.js';
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
    .addOption(new Option('--json', 'print everything as one JSON document'))
    .action(async (options) => {
      const renderer = session.open({ plain: true });
      const ports = createPorts({ emit: () => undefined, signal: session.signal });
      const facts = hostNamed(await openSite(session.terminal, options), options.on);
      await using open = await connect(session.terminal, facts, ports);
      const status = await statusOf(open, ports);
      renderer.print(
        options.json === true
          ? [JSON.stringify(status, undefined, 2)]
          : statusLines(status, styleFor(stdout, env), Date.now()),
      );
    });
}

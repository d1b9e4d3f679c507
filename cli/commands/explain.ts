/** `lunsmith explain`: the boot chain of a client, and what to look at where it stops. */
import { type Command, Option } from '@commander-js/extra-typings';
import { explain } from '../../app/site/explain.js';
import { clientNamed, connect, hostNamed, openSite } from '../../app/site/open.js';
import { createPorts } from '../../base/command.js';
import { explainLines } from '../render/explain.js';
import { styleFor } from '../render/style.js';
import type { Session } from '../session.js';
import { siteOption } from '../site-options.js';

export function addExplainCommand(program: Command, session: Session): void {
  const { stdout, env } = session.terminal;
  program
    .command('explain')
    .summary('tell how a client boots, and what to look at where it stops')
    .description(
      'Tells the whole boot chain of a client, link by link, as its target host serves it now: packets and ports, files on ' +
        'the host, settings, and for each symptom on the screen what may have caused it and what to look at.',
    )
    .argument('<client>', 'its name in the site')
    .addOption(new Option('--image <name>', 'which of its images (default: the one that it boots next)'))
    .addOption(siteOption())
    .addOption(new Option('--json', 'print everything as one JSON document'))
    .action(async (name, options) => {
      const renderer = session.open({ plain: true });
      const ports = createPorts({ emit: () => undefined, signal: session.signal });
      const site = await openSite(session.terminal, options);
      const client = clientNamed(site, name);
      await using open = await connect(session.terminal, hostNamed(site, client.host), ports);
      const chain = await explain(open, client, options.image);
      renderer.print(
        options.json === true
          ? [JSON.stringify(chain, undefined, 2)]
          : explainLines(chain, styleFor(stdout, env)),
      );
    });
}

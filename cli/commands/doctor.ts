/** `lunsmith doctor`: whether all that a target host has agrees. */
import { type Command, Option } from '@commander-js/extra-typings';
import { examineHosts } from '../../app/site/doctor.js';
import { hostNamed, openSite } from '../../app/site/open.js';
import { createPorts } from '../../base/command.js';
import { doctorLines, requireHealthy } from '../render/doctor.js';
import { styleFor } from '../render/style.js';
import type { Session } from '../session.js';
import { siteOption } from '../site-options.js';

export function addDoctorCommand(program: Command, session: Session): void {
  const { stdout, env } = session.terminal;
  program
    .command('doctor')
    .summary('check that all that a target host has agrees')
    .description(
      'Checks target hosts and changes nothing: whether state, boot files, DHCP configuration, target and LUNs agree, whether ' +
        'secrets are where they belong, whether releases are whole and proven, and whether the site says the same.',
    )
    .addOption(new Option('--on <host>', 'the target host, by its name in the site (default: all of them)'))
    .addOption(siteOption())
    .addOption(new Option('--json', 'print everything as one JSON document'))
    .action(async (options) => {
      const renderer = session.open({ plain: true });
      const ports = createPorts({ emit: () => undefined, signal: session.signal });
      const site = await openSite(session.terminal, options);
      const hosts = options.on === undefined ? site.hosts : [hostNamed(site, options.on)];
      const results = await examineHosts(session.terminal, site, hosts, ports);
      renderer.print(
        options.json === true
          ? [JSON.stringify(results, undefined, 2)]
          : doctorLines(results, styleFor(stdout, env)),
      );
      requireHealthy(results);
    });
}

/** `lunsmith client import`: the machines of another program's list. */
import { type Command, Option } from '@commander-js/extra-typings';
import { type Imported, importClients } from '../../../app/site/import-clients.js';
import { LIST_FORMATS } from '../../../hosts/site/machine-lists/formats.js';
import { plural } from '../../render/text.js';
import type { Session } from '../../session.js';
import { siteOption } from '../../site-options.js';

export function addImport(parent: Command, session: Session): void {
  parent
    .command('import')
    .summary('write the machines of another list into the site')
    .description(
      'Reads machines out of a table (CSV), of dnsmasq’s `dhcp-host` lines or leases, of dhcpd.conf or dhcpd.leases of ISC, or of what ' +
        '`ansible-inventory --list` prints, and writes those that the site does not have into it, all of them or none. No host is asked: ' +
        '`lunsmith apply` is what follows.',
    )
    .argument('<list>', 'the file')
    .addOption(
      new Option('--format <format>', 'what it is (default: its content tells)').choices(LIST_FORMATS),
    )
    .option('--channel <channel>', 'channel of machines of which the list names none')
    .option('--host <host>', 'target host of machines of which the list names none')
    .option(
      '--secret <reference>',
      'where CHAP secrets are, with {name} for the name of the client',
      'file:secrets/{name}',
    )
    .option('--no-addresses', 'leave their addresses to DHCP')
    .addOption(siteOption())
    .option('--dry-run', 'tell which would be added, and write nothing')
    .addOption(new Option('--json', 'print everything as one JSON document'))
    .addHelpText('after', HELP)
    .action(async (list, options) => {
      const renderer = session.open({ plain: true });
      const imported = await importClients(session.terminal, list, options);
      renderer.print(
        options.json === true
          ? [JSON.stringify(imported, undefined, 2)]
          : importedLines(imported, options.dryRun === true),
      );
    });
}

function importedLines({ file, added, there, left }: Imported, dryRun: boolean): string[] {
  const would = dryRun ? 'would be' : added.length === 1 ? 'is' : 'are';
  return [
    ...left,
    ...(there.length === 0 ? [] : [`${file}: has ${there.join(', ')} already`]),
    added.length === 0
      ? `${file}: nothing to add`
      : `${file}: ${plural(added.length, 'client')} ${would} added: ${added.join(', ')}`,
    ...(added.length === 0 || dryRun ? [] : ['Next: npx lunsmith apply --make-secrets --dry-run']),
  ];
}

const HELP = `
Examples:
  $ npx lunsmith client import machines.csv --channel stable --dry-run
  $ npx lunsmith client import /etc/dnsmasq.d/hosts.conf --channel stable --host san1
  $ ansible-inventory --list > inventory.json && npx lunsmith client import inventory.json --channel stable`;

/** `lunsmith client`: machines that boot from a target host. */
import type { Command } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import { changeClient } from '../../app/site/change.js';
import { siteWithClient, siteWithoutClient } from '../../app/site/client-file.js';
import { listClients } from '../../app/site/list-clients.js';
import type { ClientFacts } from '../../hosts/site/facts.js';
import { jsonOption, plainOption, verboseOption } from '../options.js';
import { clientLines } from '../render/status.js';
import { styleFor } from '../render/style.js';
import type { Session } from '../session.js';
import { dryRunOption, siteOption } from '../site-options.js';

export function addClientCommand(program: Command, session: Session): void {
  const client = program
    .command('client')
    .summary('look after the machines that boot from a target host')
    .description('Adds, lists and removes clients, and gives them fresh LUNs. A LUN in use is never touched.')
    .addHelpText('after', HELP);
  addAdd(client, session);
  addList(client, session);
  addRemove(client, session);
  addReset(client, session);
  addRebase(client, session);
  addRotate(client, session);
  addNext(client, session);
}

/** What all commands that change something take. */
function changing(parent: Command, name: string, summary: string, description: string) {
  return parent
    .command(name)
    .summary(summary)
    .description(description)
    .argument('<client>', 'its name in the site')
    .addOption(siteOption())
    .addOption(dryRunOption())
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption());
}

function addAdd(parent: Command, session: Session): void {
  changing(
    parent,
    'add',
    'give a client of the site its LUN, or bring it up to date',
    'Makes a clone of the release that its channel is at, and all that it needs to boot. Does the same again with a client ' +
      'that is there when the site says something else of it. With --mac, --serial or --uuid it need not be in the site: it is ' +
      'written into it as soon as the host has it.',
  )
    .option('--mac <address>', 'MAC address of the card that it boots from')
    .option('--serial <serial>', 'serial number of the machine')
    .option('--uuid <uuid>', 'UUID of the machine')
    .option('--channel <channel>', 'channel that it follows')
    .option('--secret <reference>', 'where its CHAP secret is: env:NAME or file:PATH')
    .option('--host <host>', 'its target host')
    .option('--size <size>', 'size of its LUN, such as 10G')
    .action(async (name, options) => {
      const intent = (client: ClientFacts) => ({ kind: 'add', client }) as const;
      await changeClient(session.caller(options), name, options, intent, () =>
        siteWithClient(session.terminal, name, options),
      );
    });
}

function addList(parent: Command, session: Session): void {
  parent
    .command('ls')
    .summary('list the clients, and what each boots next')
    .option('--on <host>', 'the target host (default: all)')
    .addOption(siteOption())
    .addOption(new Option('--json', 'print everything as one JSON document'))
    .action(async (options) => {
      const renderer = session.open({ plain: true });
      const rows = await listClients({ ...session.terminal, signal: session.signal }, options);
      const { stdout, env } = session.terminal;
      renderer.print(
        options.json === true
          ? [JSON.stringify(rows, undefined, 2)]
          : clientLines(rows, styleFor(stdout, env)),
      );
    });
}

function addRemove(parent: Command, session: Session): void {
  changing(
    parent,
    'rm',
    'take a client away, its LUNs included',
    'Removes the client, its LUNs and its secret from the target host, and its entry from the site. Refused while it is logged in.',
  )
    .option('--keep-entry', 'leave the site file as it is')
    .action(async (name, options) => {
      const intent = () => ({ kind: 'remove', client: name }) as const;
      const look = () => siteWithoutClient(session.terminal, name, options);
      await changeClient(
        session.caller(options),
        name,
        options,
        intent,
        options.keepEntry === true ? undefined : look,
      );
    });
}

const imageOption = () => new Option('--image <image>', 'one of its images (default: all)');

function addReset(parent: Command, session: Session): void {
  changing(
    parent,
    'reset',
    'give a client a fresh clone of the release that it has',
    'What the client wrote is lost. Refused while it is logged in.',
  )
    .addOption(imageOption())
    .action((name, options) =>
      changeClient(session.caller(options), name, options, () => ({
        kind: 'reset',
        client: name,
        ...imageOf(options),
      })),
    );
}

function addRebase(parent: Command, session: Session): void {
  changing(
    parent,
    'rebase',
    'move a client to the release that its channel is at',
    'At its next boot the client has a fresh clone of that release. The clone that it had, with all that it wrote, is kept ' +
      'for a rollback, or with --discard removed.',
  )
    .addOption(imageOption())
    .option('--discard', 'remove the clone that it had; refused while it is logged in')
    .action((name, options) =>
      changeClient(session.caller(options), name, options, () => ({
        kind: 'rebase',
        client: name,
        state: options.discard === true ? 'discard' : 'keep',
        ...imageOf(options),
      })),
    );
}

function addRotate(parent: Command, session: Session): void {
  changing(
    parent,
    'rotate',
    'give a client the CHAP secret that its reference has now',
    'Reads the secret behind the reference and puts it in the place of the old one, on the target and in the boot files. ' +
      'A session that is open stays; its next login needs the new one.',
  ).action((name, options) =>
    changeClient(session.caller(options), name, options, (facts) => ({ kind: 'rotate', client: facts })),
  );
}

function addNext(parent: Command, session: Session): void {
  changing(
    parent,
    'next',
    'have a client boot another of its images, once',
    'The next boot is of that image; the one after it is of the default again, as soon as a command of lunsmith has seen it.',
  )
    .argument('<image>', 'one of its images')
    .action((name, image, options) =>
      changeClient(session.caller(options), name, options, () => ({ kind: 'next', client: name, image })),
    );
}

function imageOf({ image }: { readonly image?: string | undefined }): { readonly image?: string } {
  return image === undefined ? {} : { image };
}

const HELP = `
Examples:
  $ npx lunsmith client add web1                                  as the site has it
  $ npx lunsmith client add web2 --mac 52:54:00:12:34:57 --channel stable --secret file:secrets/web2
  $ npx lunsmith client rebase web1 --dry-run
  $ npx lunsmith client rm web2`;

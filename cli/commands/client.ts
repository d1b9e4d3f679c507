/** `lunsmith client`: machines that boot from a target host. */
import type { Command } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import { describesClient, siteWithClient } from '../../app/site/client-file.js';
import { changeClient, changeClients, removeClients } from '../../app/site/clients.js';
import { listDeleted } from '../../app/site/deleted.js';
import { listClients } from '../../app/site/list-clients.js';
import { Failure } from '../../base/failure.js';
import type { ClientFacts } from '../../hosts/site/facts.js';
import { clientLines, deletedLines } from '../render/status.js';
import { styleFor } from '../render/style.js';
import type { Session } from '../session.js';
import { makeSecretsOption, purgeOption, siteOption, yesOption } from '../site-options.js';
import { addExport, addRestore } from './client/backup.js';
import { changing, changingMany, imageOption, purgeOf } from './client/changing.js';
import { addPrune, addUndelete } from './client/deleted.js';
import { addImport } from './client/import.js';
import { addMaintain } from './client/maintain.js';
import { addPower } from './client/power.js';

export function addClientCommand(program: Command, session: Session): void {
  const client = program
    .command('client')
    .summary('look after the machines that boot from a target host')
    .description('Adds, lists and removes clients, and gives them fresh LUNs. A LUN in use is never touched.')
    .addHelpText('after', HELP);
  addAdd(client, session);
  addImport(client, session);
  addList(client, session);
  addRemove(client, session);
  addUndelete(client, session);
  addPrune(client, session);
  addReset(client, session);
  addRebase(client, session);
  addMaintain(client, session);
  addExport(client, session);
  addRestore(client, session);
  addRotate(client, session);
  addNext(client, session);
  addPower(client, session);
}

function addAdd(parent: Command, session: Session): void {
  changingMany(
    parent,
    'add',
    'give clients of the site their LUNs, or bring them up to date',
    'Makes a clone of the release that the channel of a client is at, and all that it needs to boot. Does the same again with one ' +
      'that is there when the site says something else of it. With --mac, --serial or --uuid it need not be in the site: it is ' +
      'written into it as soon as the host has it.',
  )
    .addOption(makeSecretsOption())
    .option('--mac <address>', 'MAC address of the card that it boots from')
    .option('--serial <serial>', 'serial number of the machine')
    .option('--uuid <uuid>', 'UUID of the machine')
    .option('--channel <channel>', 'channel that it follows')
    .option('--secret <reference>', 'where its CHAP secret is: env:NAME or file:PATH')
    .option('--host <host>', 'its target host')
    .option('--size <size>', 'size of its LUN, such as 10G')
    .action(async (names, options) => {
      const intent = (client: ClientFacts) => ({ kind: 'add', client }) as const;
      const caller = session.caller(options);
      const [name, ...others] = names;
      if (!describesClient(options))
        return changeClients(caller, { names, all: options.all }, options, intent);
      if (name === undefined || others.length > 0 || options.all === true) throw notOne(names);
      await changeClient(caller, name, options, intent, () =>
        siteWithClient(session.terminal, name, options),
      );
    });
}

function notOne(names: readonly string[]): Failure {
  return new Failure('usage', {
    what: 'What is said of a client by options is said of one.',
    expected: 'the name of one client',
    found: names.length === 0 ? 'none' : names.join(' '),
  });
}

function addList(parent: Command, session: Session): void {
  parent
    .command('ls')
    .summary('list the clients, and what each boots next')
    .option('--on <host>', 'the target host (default: all)')
    .option('--deleted', 'what was deleted instead, and can be brought back')
    .addOption(siteOption())
    .addOption(new Option('--json', 'print everything as one JSON document'))
    .action(async (options) => {
      const renderer = session.open({ plain: true });
      const caller = { ...session.terminal, signal: session.signal };
      if (options.deleted === true) {
        const gone = await listDeleted(caller, options);
        const lines = () => deletedLines(gone, Date.now());
        renderer.print(options.json === true ? [JSON.stringify(gone, undefined, 2)] : lines());
        return;
      }
      const rows = await listClients(caller, options);
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
    'take clients away, their LUNs included',
    'Removes clients and their secrets from the target host, and their entries from the site. Their LUNs are kept there for the time that is ' +
      '`retention` of the host in lunsmith.yaml (7 days): until then `client undelete` brings all of it back. Refused while one of them is logged in.',
  )
    .argument('<clients...>', 'their names in the site, or ranges such as web[01-30]')
    .option('--keep-entry', 'leave the site file as it is')
    .addOption(purgeOption())
    .addOption(yesOption())
    .action((names, options) => removeClients(session.caller(options), names, options));
}

function addReset(parent: Command, session: Session): void {
  changingMany(
    parent,
    'reset',
    'give clients fresh clones of the releases that they have',
    'What the clients wrote can be brought back by `client undelete` for the time that is `retention` of the host (7 days). Refused while one ' +
      'of them is logged in.',
  )
    .addOption(imageOption())
    .addOption(purgeOption())
    .addOption(yesOption())
    .action((names, options) =>
      changeClients(session.caller(options), { names, all: options.all }, options, ({ name }) => ({
        kind: 'reset',
        client: name,
        ...imageOf(options),
        ...purgeOf(options),
      })),
    );
}

function addRebase(parent: Command, session: Session): void {
  changingMany(
    parent,
    'rebase',
    'move clients to the releases that their channels are at',
    'At its next boot a client has a fresh clone of that release. The clone that it had, with all that it wrote, is kept ' +
      'for a rollback, or with --discard deleted as by `client reset`.',
  )
    .addOption(imageOption())
    .option('--discard', 'delete the clones that they had; refused while one of them is logged in')
    .addOption(purgeOption())
    .addOption(yesOption())
    .action((names, options) => {
      const caller = session.caller(options);
      if (options.purge === true && options.discard !== true) throw nothingToPurge();
      return changeClients(caller, { names, all: options.all }, options, ({ name }) => ({
        kind: 'rebase',
        client: name,
        state: options.discard === true ? 'discard' : 'keep',
        ...imageOf(options),
        ...purgeOf(options),
      }));
    });
}

function nothingToPurge(): Failure {
  return new Failure('usage', {
    what: 'With `--purge` and without `--discard` nothing would be removed: the clones that clients had are kept for a rollback.',
    expected: '`--discard --purge`, or neither',
    found: '`--purge`',
  });
}

function addRotate(parent: Command, session: Session): void {
  changingMany(
    parent,
    'rotate',
    'give clients the CHAP secrets that their references have now',
    'Reads the secrets behind the references and puts them in the place of the old ones, on the target and in the boot files. ' +
      'A session that is open stays; its next login needs the new one.',
  ).action((names, options) =>
    changeClients(session.caller(options), { names, all: options.all }, options, (facts) => ({
      kind: 'rotate',
      client: facts,
    })),
  );
}

function addNext(parent: Command, session: Session): void {
  changing(
    parent,
    'next',
    'have a client boot another of its images, once',
    'The next boot is of that image; the one after it is of the default again, as soon as a command of lunsmith has seen it.',
  )
    .argument('<client>', 'its name in the site')
    .argument('<image>', 'one of its images')
    .action((name, image, options) =>
      changeClients(session.caller(options), { names: [name] }, options, () => ({
        kind: 'next',
        client: name,
        image,
      })),
    );
}

function imageOf({ image }: { readonly image?: string | undefined }): { readonly image?: string } {
  return image === undefined ? {} : { image };
}

const HELP = `
Examples:
  $ npx lunsmith client add web1                                  as the site has it
  $ npx lunsmith client add 'web[01-30]' --make-secrets
  $ npx lunsmith client add web2 --mac 52:54:00:12:34:57 --channel stable --secret file:secrets/web2
  $ npx lunsmith client rebase web1 --dry-run
  $ npx lunsmith client maintain web1
  $ npx lunsmith client rm 'web[20-30]' --yes
  $ npx lunsmith client undelete web2
  $ npx lunsmith client export web1 --output web1.tar.gz
  $ npx lunsmith client restore web1 --from web1.tar.gz --yes
  $ npx lunsmith client power wake 'web[01-30]'`;

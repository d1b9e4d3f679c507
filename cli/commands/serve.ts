/** `lunsmith serve`: try a release with real machines, without a target host. */
import { once } from 'node:events';
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { findInterface } from '../../app/site/interface.js';
import { freeServeFolder } from '../../app/site/serve-folder.js';
import { readRelease } from '../../artifacts/release/release.js';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import { serveRelease } from '../../hosts/serve.js';
import { parsePort, workspaceOption } from '../options.js';
import { cleanLine } from '../render/text.js';
import type { Session } from '../session.js';

const ISCSI_PORT = 3260;
const HTTP_PORT = 8080;

export function addServeCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('serve')
    .summary('serve a release to machines of this network, for trying')
    .description(
      'Makes this machine a target host until Ctrl-C: dnsmasq beside the DHCP server that the network has, TFTP, HTTP, and an ' +
        'iSCSI target. Each machine that boots from the network gets a clone of its own; all of them are gone at the end. ' +
        'Runs as root, since DHCP and TFTP have ports below 1024.',
    )
    .argument('<release>', 'folder with a manifest.json, such as out/debian-bookworm/latest')
    .option('--interface <name>', 'network interface that the machines are on (default: the only one)')
    .option('--http-port <port>', `TCP port of the HTTP server (default: ${HTTP_PORT})`, parsePort)
    .addOption(workspaceOption(session.terminal))
    .action(async (folder, options) => {
      const renderer = session.open({ plain: true });
      if (process.getuid?.() !== 0) {
        throw new Failure('host', {
          what: '`lunsmith serve` needs root: DHCP and TFTP have ports below 1024.',
          found: `user ${process.getuid?.() ?? 'unknown'}`,
          hint: 'Run it with sudo.',
        });
      }
      const release = await readRelease(path.resolve(cwd, folder));
      const { name, address, network } = findInterface(options.interface);
      const ports = createPorts({ emit: () => undefined, signal: session.signal });
      await using served = await serveRelease(
        release,
        {
          folder: await freeServeFolder(path.resolve(cwd, options.workspace)),
          interface: name,
          address,
          network,
          ports: { http: options.httpPort ?? HTTP_PORT, iscsi: ISCSI_PORT },
          onLine: (server, line) => renderer.print([cleanLine(`${server}: ${line}`)]),
        },
        ports,
      );
      renderer.print([
        `Serving ${release.manifest.recipe.name}@${release.digest.slice(0, 12)} at ${address} on ${name}.`,
        'Boot a machine of this network by PXE or UEFI network boot. Ctrl-C ends it.',
      ]);
      const broken = await Promise.race([aborted(session.signal), served.broken]);
      if (broken !== undefined && !session.signal.aborted) throw broken;
    });
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
}

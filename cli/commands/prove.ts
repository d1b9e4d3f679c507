/** `lunsmith prove`: boot a release over iSCSI exactly as a client would. */
import path from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { cellsOfPlatform, defaultParallel } from '../../app/matrix.js';
import { type Bootable, prove } from '../../app/prove.js';
import { gateOf } from '../../app/site/gate.js';
import { BOOT_METHODS, FIRMWARE } from '../../artifacts/platform/platform.js';
import {
  accelOption,
  jsonOption,
  parseCount,
  parseWords,
  plainOption,
  verboseOption,
  workspaceOption,
} from '../options.js';
import type { Session } from '../session.js';
import { siteOption } from '../site-options.js';

export function addProveCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('prove')
    .summary('boot a release over iSCSI and keep the proof')
    .description(
      'Boots a release in QEMU through DHCP, TFTP, iPXE and iSCSI with CHAP to a login, and writes; once for each firmware it reboots and powers off too; ' +
        'a wrong secret must be refused. The release itself is not touched; the proofs lie in its folder `proofs`.',
    )
    .argument('<release>', 'folder with a manifest.json, such as out/debian-bookworm/latest')
    .addOption(
      new Option('--firmware <list>', 'bios, uefi or both; of a Raspberry Pi pi3 (default: all)').argParser(
        parseWords(FIRMWARE),
      ),
    )
    .addOption(
      new Option(
        '--path <list>',
        'san (sanboot), direct (kernel and initramfs by iPXE) or both; of a Raspberry Pi tftp (default: all)',
      ).argParser(parseWords(BOOT_METHODS)),
    )
    .addOption(
      new Option(
        '--for <host>',
        'only what this target host of the site asks for before it promotes',
      ).conflicts(['firmware', 'path']),
    )
    .addOption(siteOption())
    .addOption(accelOption())
    .addOption(
      new Option(
        '--parallel <n>',
        'boots at once (default: one a processor, as far as memory goes)',
      ).argParser(parseCount),
    )
    .option('--thorough', 'show reboot and power-off in every cell, not once for each firmware')
    .addOption(workspaceOption(session.terminal))
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (release, options) => {
      const { emit } = session.open(options);
      const asked = options.for === undefined ? undefined : await gateOf(options.for, { cwd }, options);
      const request = {
        release: path.resolve(cwd, release),
        cells: asked ?? (({ platform }: Bootable) => cellsOfPlatform(platform, options)),
        accel: options.accel,
        parallel: options.parallel ?? defaultParallel(),
        workspace: path.resolve(cwd, options.workspace),
        thorough: options.thorough === true,
      };
      await prove(request, emit, session.signal);
    });
}

const HELP = `
Examples:
  $ npx lunsmith prove out/debian-bookworm/latest
  $ npx lunsmith prove out/debian-bookworm/latest --firmware uefi --path san --accel tcg
  $ npx lunsmith prove out/debian-bookworm/latest --for san1           what \`promote\` asks for there

Without narrowing: bios-san, uefi-san, bios-direct, uefi-direct, and bios-san and bios-direct with a wrong secret; of a
Raspberry Pi: pi3-tftp, and the same with a wrong secret. Reboot and power-off are shown by one cell of each firmware, as they do not
depend on the path; a cell that left them out says so in its proof. A stored proof of the same release counts.
Console log, server logs and a screenshot of each boot stay as evidence: see docs/debugging.md.`;

/** `lunsmith prove`: boot a release over iSCSI exactly as a client would. */
import path from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { cellsOfPlatform, defaultParallel } from '../../app/matrix.js';
import { prove } from '../../app/prove.js';
import { BOOT_METHODS, FIRMWARE } from '../../artifacts/platform/platform.js';
import type { PlatformId } from '../../artifacts/platform/platforms.js';
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

export function addProveCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('prove')
    .summary('boot a release over iSCSI and keep the proof')
    .description(
      'Boots a release in QEMU through DHCP, TFTP, iPXE and iSCSI with CHAP to a login, writes, reboots, powers off; ' +
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
    .addOption(accelOption())
    .addOption(
      new Option(
        '--parallel <n>',
        'boots at once (default: one a processor, as far as memory goes)',
      ).argParser(parseCount),
    )
    .addOption(workspaceOption(session.terminal))
    .addOption(plainOption())
    .addOption(verboseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(async (release, options) => {
      const { emit } = session.open(options);
      const request = {
        release: path.resolve(cwd, release),
        cells: (platform: PlatformId) => cellsOfPlatform(platform, options),
        accel: options.accel,
        parallel: options.parallel ?? defaultParallel(),
        workspace: path.resolve(cwd, options.workspace),
      };
      await prove(request, emit, session.signal);
    });
}

const HELP = `
Examples:
  $ npx lunsmith prove out/debian-bookworm/latest
  $ npx lunsmith prove out/debian-bookworm/latest --firmware uefi --path san --accel tcg

Without narrowing: bios-san, uefi-san, bios-direct, uefi-direct, and bios-san and bios-direct with a wrong secret; of a
Raspberry Pi: pi3-tftp, and the same with a wrong secret.
Console log, server logs and a screenshot of each boot stay as evidence: see docs/debugging.md.`;

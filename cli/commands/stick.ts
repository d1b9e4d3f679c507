/** `lunsmith stick`: the image of a USB stick for a machine without PXE. */
import path from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { type MadeStick, makeStick } from '../../app/site/stick.js';
import { PC_FIRMWARE } from '../../artifacts/platform/pc.js';
import { parseWords } from '../options.js';
import { formatBinary, shortPath } from '../render/text.js';
import type { Session } from '../session.js';
import { siteOption } from '../site-options.js';

export function addStickCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('stick')
    .summary('make a USB stick that leads a machine without PXE to its LUN')
    .description(
      'Makes the raw image of a USB stick, for BIOS and UEFI, that leads a machine to the LUN of its client where no DHCP server tells ' +
        'what to boot. iPXE on it asks the target host at each boot what the client boots. Where the iPXE of this machine cannot do so ' +
        'for UEFI (that of Debian 12), the kernel of the release that the client boots now is on the stick, and with it the CHAP secret: ' +
        'that wants --with-secret, and the stick is made anew after each promotion.',
    )
    .argument('<client>', 'its name in the site')
    .requiredOption('-o, --output <file>', 'the image; must not exist')
    .option(
      '--image <image>',
      'one of its images (default: what its target host says; with a kernel, the first)',
    )
    .addOption(
      new Option('--firmware <list>', 'bios, uefi or both')
        .argParser(parseWords(PC_FIRMWARE))
        .default(PC_FIRMWARE, 'bios,uefi'),
    )
    .option('--with-secret', 'the CHAP secret of the client may be on the stick, where it is needed')
    .option('--uefi-ipxe <file>', 'an ipxe.efi in the place of that of this machine’s package ipxe')
    .addOption(siteOption())
    .addHelpText('after', HELP)
    .action(async (client, options) => {
      const { print, emit } = session.open({ plain: true });
      const output = path.resolve(cwd, options.output);
      const uefiIpxe = options.uefiIpxe === undefined ? undefined : path.resolve(cwd, options.uefiIpxe);
      const { terminal, signal } = session;
      const caller = { cwd, env: terminal.env, emit: () => undefined, signal };
      const { image, firmware, site } = options;
      const withSecret = options.withSecret === true;
      const made = await makeStick(caller, { client, output, image, firmware, uefiIpxe, withSecret, site });
      const file = shortPath(output, cwd);
      print(stickLines(file, made));
      if (made.kernel === undefined) return;
      emit({
        type: 'warning',
        message: `${file} holds the CHAP secret of ${client}, which who has the stick can read; the file has mode 0600.`,
        hint: `The stick boots what it says and nothing else: make it anew after each promotion, rollback, \`client reset\`, \`rebase\` or \`rotate\` of ${client}.`,
      });
    });
}

function stickLines(file: string, { bytes, ways, url, kernel }: MadeStick): string[] {
  return [
    `${file}  ${formatBinary(bytes)}`,
    ...ways.map(({ firmware, way }) =>
      way === 'ipxe'
        ? `  ${firmware}: iPXE asks ${url} what to boot, at each boot`
        : `  ${firmware}: GRUB starts a kernel on the stick: ${kernel}`,
    ),
    `Write it to a stick, all of which is lost: sudo cp ${file} /dev/DISK && sync`,
  ];
}

const HELP = `
Examples:
  $ npx lunsmith stick pc7 --output pc7.img --firmware bios
  $ npx lunsmith stick pc7 --output pc7.img --with-secret
  $ npx lunsmith stick pc7 --output pc7.img --uefi-ipxe ipxe-amd64.efi`;

/**
 * GRUB's configuration (GNU GRUB manual 2.06, chapters 6 and 16). It is part of the boot loader's own image and not
 * of the root file system, so that a new kernel command line leaves the root as it is.
 */
import { Failure } from '../../base/failure.js';
import { shellWord } from '../../base/shell-word.js';

export interface GrubConfig {
  /** What the menu calls the system, e.g. `Debian GNU/Linux 12 (bookworm)`. */
  readonly title: string;
  readonly rootUuid: string;
  /** Kernel parameters without `root=`. */
  readonly commandLine: readonly string[];
  /** Seconds for which the menu waits. */
  readonly menuSeconds: number;
  /** Paths of kernel and initramfs in the root file system. */
  readonly boot: GrubEntry;
  /** Those of the kernel before an upgrade, which may be there. */
  readonly previous?: GrubEntry | undefined;
}

export interface GrubEntry {
  readonly kernel: string;
  readonly initramfs: string;
}

const PLAIN = /^[A-Za-z0-9_.,:=/@%+~-]+$/;
const DEFAULT_BAUD = 9600;

/**
 * The text of grub.cfg. It boots paths that stay when a client upgrades its kernel, and sources `/boot/grub/custom.cfg` of the root if there is one.
 * @throws Failure of kind `recipe` for a parameter that cannot stand in a command line.
 */
export function grubConfig(config: GrubConfig): string {
  const parameters = [`root=UUID=${config.rootUuid}`, 'ro', ...config.commandLine]
    .map(quoteParameter)
    .join(' ');
  const { title, boot, previous } = config;
  const entry = (name: string, { kernel, initramfs }: GrubEntry) => [
    `menuentry ${shellWord(name)} {`,
    `  echo ${shellWord(`Loading ${name} ...`)}`,
    `  linux ${kernel} ${parameters}`,
    `  initrd ${initramfs}`,
    '}',
  ];
  const old =
    previous === undefined
      ? []
      : [
          `if [ -f ${previous.kernel} ]; then`,
          ...entry(`${title}, previous kernel`, previous).map((line) => `  ${line}`),
          'fi',
        ];
  const lines = [
    ...terminals(config.commandLine),
    `set timeout=${config.menuSeconds}`,
    'set default=0',
    `search --no-floppy --fs-uuid --set=root ${config.rootUuid}`,
    '',
    ...entry(title, boot),
    ...old,
    'if [ -f /boot/grub/custom.cfg ]; then',
    '  source /boot/grub/custom.cfg',
    'fi',
  ];
  return `${lines.join('\n')}\n`;
}

/** The menu stands on the kernel's serial consoles too; a machine without that port keeps its screen. */
function terminals(commandLine: readonly string[]): string[] {
  const serial = commandLine
    .map((parameter) => /^console=ttyS(\d+)(?:,(\d+)\S*)?$/.exec(parameter))
    .find((match) => match);
  if (!serial) return ['terminal_input console', 'terminal_output console'];
  const [, unit, baud = DEFAULT_BAUD] = serial;
  return [
    `if serial --unit=${unit} --speed=${baud} --word=8 --parity=no --stop=1; then`,
    '  terminal_input console serial',
    '  terminal_output console serial',
    'fi',
  ];
}

function quoteParameter(parameter: string): string {
  if (parameter === '' || /[\p{Cc}]/u.test(parameter)) {
    throw new Failure('recipe', {
      what: `The kernel parameter ${JSON.stringify(parameter)} cannot stand on a command line.`,
      expected: 'text without control characters',
    });
  }
  // In GRUB's single quotes, too, nothing has a meaning but the quote (manual, 6.2).
  return PLAIN.test(parameter) ? parameter : shellWord(parameter);
}

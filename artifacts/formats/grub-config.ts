/**
 * GRUB's configuration (GNU GRUB manual 2.06, chapters 6 and 16). It is part of the boot loader's own image and not
 * of the root file system, so that a new kernel command line leaves the root as it is.
 */
import { Failure } from '../../base/failure.js';
import { shellWord } from '../../base/shell-word.js';
import type { LoaderConfig, LoaderEntry, SerialPort } from './loader-config.js';

export interface GrubConfig extends LoaderConfig {
  /** Of the file system that has kernel and initramfs. */
  readonly uuid: string;
  /** Path there of a file of the client that is read too, if there is one. Default: `/boot/grub/custom.cfg`. */
  readonly custom?: string;
}

const PLAIN = /^[A-Za-z0-9_.,:=/@%+~-]+$/;

/**
 * The text of grub.cfg. It boots paths that stay when a client upgrades its kernel, and sources the client's `custom.cfg` if there is one.
 * @throws Failure of kind `recipe` for a parameter that cannot stand in a command line.
 */
export function grubConfig(config: GrubConfig): string {
  const parameters = config.parameters.map(quoteParameter).join(' ');
  const { title, boot, previous, custom = '/boot/grub/custom.cfg' } = config;
  const entry = (name: string, { kernel, initramfs }: LoaderEntry) => [
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
    ...terminals(config.serial),
    `set timeout=${config.menuSeconds}`,
    'set default=0',
    `search --no-floppy --fs-uuid --set=root ${config.uuid}`,
    '',
    ...entry(title, boot),
    ...old,
    `if [ -f ${custom} ]; then`,
    `  source ${custom}`,
    'fi',
  ];
  return `${lines.join('\n')}\n`;
}

/** The menu stands on the kernel's serial consoles too; a machine without that port keeps its screen. */
function terminals(serial: SerialPort | undefined): string[] {
  if (serial === undefined) return ['terminal_input console', 'terminal_output console'];
  return [
    `if serial --unit=${serial.unit} --speed=${serial.baud} --word=8 --parity=no --stop=1; then`,
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

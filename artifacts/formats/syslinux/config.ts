/** The configuration of SYSLINUX and EXTLINUX (syslinux.org, `Config`; SYSLINUX 6.04 doc/syslinux.txt). */
import { Failure } from '../../../base/failure.js';
import type { LoaderConfig } from '../loader-config.js';

/** Its longest kernel command line, with the zero at its end (core/include/core.h, doc/syslinux.txt). */
const LONGEST_COMMAND_LINE = 2047;
/** Bytes of a configuration that is replaced where it lies: two entries with the longest of command lines, and their texts. */
const PADDED = 8192;

/** @throws Failure of kind `recipe` for a command line that SYSLINUX would cut */
export function syslinuxConfig(config: LoaderConfig): string {
  const { title, parameters, menuSeconds, boot, previous, serial } = config;
  const append = parameters.join(' ');
  if (append.length > LONGEST_COMMAND_LINE) {
    throw new Failure('recipe', {
      what: 'The kernel command line is longer than SYSLINUX can hand to a kernel.',
      expected: `at most ${LONGEST_COMMAND_LINE} characters`,
      found: String(append.length),
      hint: 'Make `kernel.command-line` shorter, or use `loader: grub`.',
    });
  }
  const entry = (label: string, pair: LoaderConfig['boot']) => [
    `LABEL ${label}`,
    `  LINUX ${pair.kernel}`,
    `  INITRD ${pair.initramfs}`,
    `  APPEND ${append}`,
  ];
  const lines = [
    ...(serial === undefined ? [] : [`SERIAL ${serial.unit} ${serial.baud}`]),
    // Without a prompt there is nothing to wait for; tenths of a second.
    ...(menuSeconds === 0 ? ['PROMPT 0'] : ['PROMPT 1', `TIMEOUT ${menuSeconds * 10}`]),
    'DEFAULT linux',
    `SAY Loading ${title} ...`,
    ...entry('linux', boot),
    ...(previous === undefined ? [] : entry('previous', previous)),
  ];
  return `${lines.join('\n')}\n`;
}

/** The text with empty lines behind it: every configuration is as long as any other, so that one can take another's place. */
export function paddedConfig(text: string): Buffer {
  const bytes = Buffer.alloc(PADDED, '\n');
  if (Buffer.byteLength(text) > PADDED) {
    throw new Failure('internal', { what: `A configuration of SYSLINUX is longer than ${PADDED} bytes.` });
  }
  bytes.write(text);
  return bytes;
}

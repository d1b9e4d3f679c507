/** What a boot loader on a LUN is told, whichever it is. */

export interface LoaderConfig {
  /** What the menu calls the system, e.g. `Debian GNU/Linux 12 (bookworm)`. */
  readonly title: string;
  /** Kernel parameters with `root=`. */
  readonly parameters: readonly string[];
  /** Seconds for which the menu waits. */
  readonly menuSeconds: number;
  /** Paths of kernel and initramfs in the file system that the loader reads. */
  readonly boot: LoaderEntry;
  /** Those of the kernel before an upgrade, which may be there. */
  readonly previous?: LoaderEntry | undefined;
  /** The serial port on which the menu stands too. */
  readonly serial?: SerialPort | undefined;
}

export interface LoaderEntry {
  readonly kernel: string;
  readonly initramfs: string;
}

export interface SerialPort {
  /** `ttyS0` is 0. */
  readonly unit: number;
  /** Bits per second. */
  readonly baud: number;
}

const DEFAULT_BAUD = 9600;

/** That of the first serial console in a kernel command line. */
export function serialPort(commandLine: readonly string[]): SerialPort | undefined {
  const match = commandLine
    .map((parameter) => /^console=ttyS(\d+)(?:,(\d+)\S*)?$/.exec(parameter))
    .find((found) => found);
  if (!match) return undefined;
  return { unit: Number(match[1]), baud: Number(match[2] ?? DEFAULT_BAUD) };
}

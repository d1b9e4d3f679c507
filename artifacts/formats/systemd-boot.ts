/**
 * The configuration of systemd-boot (loader.conf(5), systemd 252) and its one entry
 * (Boot Loader Specification, type 1: uapi-group.org/specifications/specs/boot_loader_specification).
 */
import type { LoaderConfig } from './loader-config.js';

const ENTRY = 'linux.conf';

/** Texts by their paths on the EFI system partition. */
export function systemdBootConfig(config: LoaderConfig): ReadonlyMap<string, string> {
  const { title, parameters, menuSeconds, boot } = config;
  const lines = (...all: string[]) => `${all.join('\n')}\n`;
  return new Map([
    ['loader/loader.conf', lines(`default ${ENTRY}`, `timeout ${menuSeconds}`)],
    [
      `loader/entries/${ENTRY}`,
      lines(
        `title ${title}`,
        `linux ${boot.kernel}`,
        `initrd ${boot.initramfs}`,
        `options ${parameters.join(' ')}`,
      ),
    ],
  ]);
}

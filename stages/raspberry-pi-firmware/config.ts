/** config.txt of a release. */
import { type ConfigEdit, editConfig } from '../../artifacts/platform/raspberry-pi/config-edit.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import type { Architecture } from '../../pipeline/stage.js';
import type { RootTree } from '../rootfs/tree.js';

const { folder, files, clientArchive } = RASPBERRY_PI;

const HEAD =
  '# What the firmware of a Raspberry Pi starts. The TFTP server has it too, beside a client.cpio of each client.\n';

export interface ConfigWishes {
  readonly architecture: Architecture;
  /** Of the distribution. */
  readonly settings: Readonly<Record<string, string>>;
  /** Of the recipe; they win. */
  readonly more: readonly ConfigEdit[];
}

export function configEdits({ architecture, settings, more }: ConfigWishes): ConfigEdit[] {
  const own = {
    arm_64bit: architecture === 'arm64' ? '1' : '0',
    // The clock of the mini UART, the console, stays as it is.
    enable_uart: '1',
    ...settings,
    kernel: files.kernel,
    auto_initramfs: '0',
    initramfs: `${files.initramfs},${clientArchive} followkernel`,
  };
  return [...Object.entries(own).map(([key, value]) => ({ key, value })), ...more];
}

/** Edits the file that is there, or begins one. @throws Failure of kind `recipe` for a line that is too long */
export async function writeConfig(tree: RootTree, edits: readonly ConfigEdit[]): Promise<void> {
  const path = `${folder.inRoot}/${files.config}`;
  await tree.write(path, editConfig((await tree.read(path)) ?? HEAD, edits));
}

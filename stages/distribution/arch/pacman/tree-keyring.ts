/** What the booted system needs to check packages: a recipe's own keyring, and a key of its own, which no image can hold. */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { addUnit, hasSystemd } from '../../../rootfs/systemd.js';
import type { RootTree } from '../../../rootfs/tree.js';
import type { Keyring } from './keyring.js';

const KEYRING_UNIT = 'pacman-keyring.service';

function keyringUnitText(): string {
  return `[Unit]
Description=Make the keyring of pacman
ConditionFileIsExecutable=/usr/bin/pacman-key
ConditionPathExists=!/etc/pacman.d/gnupg/trustdb.gpg
After=time-sync.target

[Service]
Type=oneshot
ExecStart=/usr/bin/pacman-key --init
ExecStart=/usr/bin/pacman-key --populate

[Install]
WantedBy=multi-user.target
`;
}

/** @param keyring the recipe's own; that of Arch Linux comes with its package */
export async function placeKeyring(tree: RootTree, keyring: Keyring | undefined): Promise<void> {
  if (keyring !== undefined) {
    // Where pacman-key(8) looks for it.
    const folder = await tree.locate('/usr/share/pacman/keyrings');
    await mkdir(folder, { recursive: true });
    const name = basename(keyring.file, extname(keyring.file));
    for (const [part, content] of keyring.parts) await writeFile(join(folder, `${name}${part}`), content);
  }
  if (await hasSystemd(tree)) await addUnit(tree, KEYRING_UNIT, keyringUnitText(), 'multi-user.target');
}

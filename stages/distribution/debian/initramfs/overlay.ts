/** Files by which initramfs-tools(7) mounts an overlay in the place of the root: a hook, and a script of its `local-bottom`. */
import { mountOverlay } from '../../overlay-root.js';

const HOOK = `#!/bin/sh
# Puts the kernel's overlayfs into the initramfs. Written by lunsmith.
if [ "$1" = prereqs ]; then exit 0; fi
. /usr/share/initramfs-tools/hook-functions
manual_add_modules overlay
`;

/** Before `init-bottom`, which moves /dev into the root. */
const SCRIPT = `#!/bin/sh
# What is written to the root goes to memory: its LUN is read-only. Written by lunsmith.
if [ "$1" = prereqs ]; then exit 0; fi
. /scripts/functions
overlay() {
${mountOverlay('"$rootmnt"')}
}
overlay || panic 'The overlay of the root cannot be mounted'
`;

export const OVERLAY_HOOK = '/etc/initramfs-tools/hooks/lunsmith-overlay';
export const OVERLAY_FILES: readonly (readonly [path: string, text: string])[] = [
  [OVERLAY_HOOK, HOOK],
  ['/etc/initramfs-tools/scripts/local-bottom/lunsmith-overlay', SCRIPT],
];

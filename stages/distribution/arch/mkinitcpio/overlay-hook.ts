/** The hook `overlay` for mkinitcpio(8): an overlay in the place of the root, when that is mounted. */
import { mountOverlay } from '../../overlay-root.js';

const INSTALL = `#!/bin/bash
# What is written to the root goes to memory: its LUN is read-only. Written by lunsmith.

build() {
  add_module overlay
  add_runscript
}

help() {
  echo 'Mounts an overlay of the root and a tmpfs in the place of the root.'
}
`;

const RUN = `#!/usr/bin/ash
# What is written to the root goes to memory: its LUN is read-only. Written by lunsmith.

overlay() {
${mountOverlay('/new_root')}
}

run_latehook() {
  if overlay; then return; fi
  err 'The overlay of the root cannot be mounted'
  launch_interactive_shell
}
`;

export const OVERLAY_HOOK = '/etc/initcpio/install/overlay';
export const OVERLAY_FILES: readonly (readonly [path: string, text: string])[] = [
  [OVERLAY_HOOK, INSTALL],
  ['/etc/initcpio/hooks/overlay', RUN],
];

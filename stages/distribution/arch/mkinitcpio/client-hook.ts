/** The hook `client` for mkinitcpio(8): what a client has of its own, when the root is mounted. */
import { clientPart } from '../../client-part.js';

const INSTALL = `#!/bin/bash
# The name and the files of this client. Written by lunsmith.

build() {
  add_runscript
}

help() {
  echo 'Gives the booted system the name and the files that came in the small archive of its client.'
}
`;

const RUN = `#!/usr/bin/ash
# The name and the files of this client. Written by lunsmith.

${clientPart('/new_root')}
run_latehook() {
  client_part || err 'Not all files of this client are in their places'
}
`;

export const CLIENT_FILES: readonly (readonly [path: string, text: string])[] = [
  ['/etc/initcpio/install/client', INSTALL],
  ['/etc/initcpio/hooks/client', RUN],
];

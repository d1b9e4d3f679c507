/** A script of initramfs-tools(7)'s `local-bottom` for what a client has of its own. */
import { clientPart } from '../../client-part.js';

/** After the overlay that may take the place of the root, and before `init-bottom`, which moves /run into it. */
const SCRIPT = `#!/bin/sh
# The name and the files of this client. Written by lunsmith.
if [ "$1" = prereqs ]; then echo lunsmith-overlay; exit 0; fi
. /scripts/functions
${clientPart('"$rootmnt"')}
client_part || log_failure_msg 'Not all files of this client are in their places'
`;

export const CLIENT_FILE: readonly [path: string, text: string] = [
  '/etc/initramfs-tools/scripts/local-bottom/lunsmith-client',
  SCRIPT,
];

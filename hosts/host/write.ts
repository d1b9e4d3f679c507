/** The one way in which a file comes to a target host, near or far: modes are those asked for, whatever the umask there is. */
import { randomUUID } from 'node:crypto';
import type { Ports } from '../../base/ports.js';
import type { TargetHost } from './host.js';

/**
 * `$1`: path; `$2`: mode; `$3`: bytes; `$4`: unique word; `$5`: group or nothing; `$6`: the host's folder; the content is the input.
 * A connection that breaks looks like the end of the input, hence the count. Only the owner can read the file until it has its
 * group. Whoever takes a lock of the host waits for the lock of its folder: a writer may outlive the call that began it.
 */
const WRITE = `
set -eu
umask 022
mkdir -p -- "$(dirname -- "$1")"
[ ! -r "$6" ] || { exec 9<"$6"; flock -s 9 2>/dev/null || :; }
umask 077
partial=$1.$4.partial
trap 'rm -f -- "$partial"' EXIT
trap '' PIPE
trap 'exit 1' HUP INT TERM
cat >"$partial"
[ "$(($(wc -c <"$partial")))" -eq "$3" ] || { echo 'the content came in part only' >&2; exit 1; }
[ -z "$5" ] || chgrp -- "$5" "$partial"
chmod "$2" "$partial"
sync -- "$partial"
mv -f -- "$partial" "$1"
`;

/** @param run of the host @param root its folder */
export function writeBy(run: Ports['run'], root: string): TargetHost['write'] {
  return async (path, content, { mode, group }) => {
    const bytes = String(Buffer.byteLength(content));
    const words = [path, mode.toString(8), bytes, randomUUID(), group ?? '', root];
    await run(['sh', '-c', WRITE, 'sh', ...words], { doing: `write ${path}`, input: content, quiet: true });
  };
}

/** What runs on the far side beside plain tools: for `sh -c`, in POSIX shell with what coreutils and busybox both have. */

import { shellWord } from '../../../base/shell-word.js';

/** Tools of the super-user are not in the PATH of every user; texts that tools print are parsed, and so have one language. */
export const SURROUNDINGS =
  'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" LC_ALL=C.UTF-8 TZ=UTC; export PATH LC_ALL TZ;';

/** A script as another user's, or as our own. */
export function asRoot(script: string, sudo: boolean): string {
  return sudo ? `exec sudo -n -- sh -c ${shellWord(script)}` : script;
}

/** `$1`: a socket. It is there and closed to us. */
export const MAY_USE = `
[ ! -S "$1" ] || { [ -r "$1" ] && [ -w "$1" ]; } || { echo "$1: Permission denied" >&2; exit 1; }
`;

/** Exit code when a file is not there. */
export const ABSENT = 44;

/** `$1`: path. What is no regular file might never end. */
export const READ = `[ -e "$1" ] || exit ${ABSENT}; [ -f "$1" ] || { echo 'no regular file' >&2; exit 1; }; exec cat -- "$1"`;

/**
 * Who we are there, and whether we may write in the folder `$1`, or where it would be made: one line,
 * `account UID yes|no FOLDER USER`. No user may write to a file system that is mounted read-only (POSIX.1-2017, access).
 */
export const WHO = `
at=$1
while [ ! -e "$at" ]; do at=$(dirname -- "$at"); done
[ -w "$at" ] && may=yes || may=no
printf 'account %s %s %s %s\\n' "$(id -u)" "$may" "$at" "$(id -un)"
`;

/**
 * Runs its arguments until they end or the connection does: then they are ended, and what they started. The input is held
 * open by us and nothing ever comes by it.
 * @param input redirection of the tool's own input: `<&3` is the one that is held open
 */
function watched(input: string): string {
  return `
exec 3<&0
$(command -v setsid) "$@" ${input} 3<&- & tool=$!
{ cat; kill -- "-$tool" || kill "$tool"; } <&3 3<&- >/dev/null 2>&1 & watch=$!
exec 3<&-
wait "$tool"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
`;
}

/** For a tool that may wait for the end of its input. */
export const STARTED = watched('<&3');
/** For a tool that gets no input. */
export const RUN = watched('</dev/null');

/**
 * Runs what stands behind the token `$1` in each line that comes: the format of a printf. When no more can come it ends what runs, and
 * itself: `cat` notices that while a tool is at work. With TMOUT bash waits for a line for so long only.
 */
const LINES = `
unset TMOUT
{ cat; kill -- "-$$" || kill 0; } 2>/dev/null | while IFS= read -r line; do
  case $line in *"$1"*) eval "$(printf "\${line#*"$1"}")" ;; esac
done
`;

/** A shell that stays. `$1`: a token that no content holds by chance. */
export const KEPT = `
exec 3<&0
$(command -v setsid) sh -c ${shellWord(LINES)} sh "$1" <&3 3<&- &
exec 3<&-
wait
`;

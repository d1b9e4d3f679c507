/** What runs on the far side beside plain tools: for `sh -c`, in POSIX shell with what coreutils and busybox both have. */

/** Tools of the super-user are not in everybody's PATH; texts that tools print are parsed, and so have one language. */
export const SURROUNDINGS =
  'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" LC_ALL=C.UTF-8 TZ=UTC; export PATH LC_ALL TZ;';

/** Exit code when a file is not there. */
export const ABSENT = 44;

/** `$1`: path. What is no regular file might never end. */
export const READ = `[ -e "$1" ] || exit ${ABSENT}; [ -f "$1" ] || { echo 'no regular file' >&2; exit 1; }; exec cat -- "$1"`;

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

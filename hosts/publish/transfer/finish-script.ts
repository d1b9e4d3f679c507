/** What makes a release of the chunks and of the releases that are on the target host, verifies it, and shows it. */

/**
 * Arguments: root, digest, suffix of the chunks, command that unpacks, command that digests, program for perl, the
 * index's table, and sha256 of the plan. Input: the packed plan, see plan-text.ts. Prints `at BYTES` as it goes on, and at its end `done`, `there`
 * when another transfer was faster, `missing FILE` of each chunk that is not there, or `damaged FILE`.
 *
 * Only one does this for a release at a time. The release appears under its name by one rename, when all of it is on
 * the disk. Whatever ends this before removes what it wrote; the chunks stay for the next call.
 */
export const FINISH = `set -eu
export LC_ALL=C
umask 022
root=$1 digest=$2 suffix=$3 unpack=$4 hasher=$5 program=$6 table=$7 plan=$8
incoming=$root/incoming/$digest release=$root/releases/$digest work=$root/incoming/$digest/work
mkdir -p "$incoming"
exec 9>"$incoming/lock"
flock 9
if [ -d "$release" ]; then rm -rf "$incoming"; echo there; exit 0; fi
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work/release" "$work/index"
$unpack >"$work/plan"
found=$(sha256sum <"$work/plan")
if [ "\${found%% *}" != "$plan" ]; then echo 'The plan did not arrive whole.' >&2; exit 1; fi

missing=
while read -r kind name; do
  case $kind in c | d) ;; *) break ;; esac
  if [ ! -f "$incoming/$name$suffix" ]; then missing=yes; echo "missing $name$suffix"; fi
done <"$work/plan"
if [ -n "$missing" ]; then exit 0; fi

status=0
perl -e "$program" -- "$root" "$incoming" "$suffix" "$unpack" "$hasher" || status=$?
if [ "$status" = 3 ]; then exit 0; fi
if [ "$status" != 0 ]; then exit 1; fi
find "$work" -type f -exec sync {} +
mv "$work/release" "$release"
if [ -f "$work/index/blocks" ]; then
  printf '%s\\n' "$table" >"$work/index/table.json"
  rm -rf "$root/indexes/$digest"
  mv "$work/index" "$root/indexes/$digest"
fi
sync "$root/releases"
rm -rf "$incoming"
echo done
`;

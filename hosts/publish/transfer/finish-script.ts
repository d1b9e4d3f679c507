/** What makes a release of the chunks and of the releases that are on the target host, verifies it, and shows it. */

/**
 * Arguments: root, digest, suffix of the chunks, command that unpacks, command that digests, program for perl or nothing, the
 * index's table, and sha256 of the plan. Input: the packed plan, see plan-text.ts. Prints `at BYTES` as it goes on, and at its end `done`, `there`
 * when somebody else was faster, `missing FILE` of each chunk that is not there, or `damaged FILE`.
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
if [ -d "$release" ]; then echo there; exit 0; fi
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

unpack_literals() {
  while read -r kind name; do
    case $kind in
      c) $unpack <"$incoming/$name$suffix" ;;
      d) ;;
      *) break ;;
    esac
  done <"$work/plan"
}

# The same as the program for perl with nothing but dd, which is a process for each run. Makes no index.
assemble() {
  number=0 file= kind_of= sum=
  : >"$work/ranges"
  while read -r word rest <&3; do
    case $word in
      c | d) ;;
      s | o)
        number=$((number + 1))
        rest=\${rest#* }
        if [ "$word" = s ]; then from=$root/releases/\${rest%% *}/\${rest#* }; else from=$work/release/$rest; fi
        eval "from_$number=\\$from next_$number=0"
        ;;
      l)
        check
        rest=\${rest#* } rest=\${rest#* } rest=\${rest#* }
        sum=\${rest%% *} rest=\${rest#* }
        path=\${rest#* } file=$work/release/\${rest#* } kind_of=whole
        mkdir -p "\${file%/*}"
        ln "$root/releases/\${rest%% *}/$path" "$file" || damaged
        bytes=
        ;;
      f)
        check
        bytes=\${rest%% *} rest=\${rest#* } rest=\${rest#* }
        kind_of=\${rest%% *} rest=\${rest#* }
        sum=\${rest%% *}
        path=\${rest#* } file=$work/release/\${rest#* } end=0
        mkdir -p "\${file%/*}"
        : >"$file"
        ;;
      *)
        set -- $rest
        to=$((end + $1))
        if [ "$word" = 0 ]; then
          dd bs=4096 count="$2" iflag=fullblock of="$file" seek="$to" conv=notrunc status=none || exit 1
        else
          eval "from=\\$from_$word at=\\$((next_$word + $3))"
          eval "next_$word=\\$((at + $2))"
          [ -f "$from" ] || damaged
          dd bs=4096 if="$from" skip="$at" count="$2" of="$file" seek="$to" conv=notrunc status=none || exit 1
        fi
        end=$((to + $2))
        echo "$to $2" >>"$work/ranges"
        ;;
    esac
  done
  check
}

damaged() { echo "damaged $path"; exit 3; }

# What was written is right when its digest is.
check() {
  if [ -z "$file" ]; then return 0; fi
  if [ -n "$bytes" ]; then dd if=/dev/null of="$file" bs=1 seek="$bytes" count=0 status=none || exit 1; fi
  if [ "$kind_of" = whole ]; then found=$($hasher <"$file"); else found=$(ranges | $hasher); fi
  if [ "\${found%% *}" != "$sum" ]; then damaged; fi
  : >"$work/ranges"
}

ranges() {
  start=0 length=0
  { cat "$work/ranges"; echo '-1 0'; } | while read -r to count; do
    if [ "$to" = $((start + length)) ]; then length=$((length + count)); continue; fi
    if [ "$length" != 0 ]; then dd bs=4096 if="$file" skip="$start" count="$length" status=none; fi
    start=$to length=$count
  done
}

status=0
if [ -n "$program" ]; then
  perl -e "$program" -- "$root" "$incoming" "$suffix" "$unpack" "$hasher" || status=$?
else
  unpack_literals | assemble 3<"$work/plan" || status=$?
fi
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

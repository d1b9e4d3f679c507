/** What is asked of a target host before anything is sent, and cleaned there on that occasion. */

/**
 * Arguments: root, digest. Prints a line for each fact: `tool NAME`, `space KIB`, `published SERIAL DIGEST` (see publications.ts),
 * `release DIGEST NAME-OF-RECIPE`, `index DIGEST`, `here` and `proof SHA256 FILE` when the release is there, `chunk FILE` of what has
 * arrived of it.
 */
export const SURVEY = `set -eu
export LC_ALL=C
umask 022
root=$1 digest=$2
mkdir -p "$root/releases" "$root/incoming" "$root/indexes"
# What has not grown for a day belongs to a transfer that was given up.
for folder in "$root"/incoming/*; do
  [ "$folder" = "$root/incoming/$digest" ] || find "$folder" -prune -mtime +0 -exec rm -rf {} + 2>/dev/null || true
done
for folder in "$root"/indexes/*; do
  [ -d "$root/releases/\${folder##*/}" ] || rm -rf "$folder"
done
for tool in zstd perl openssl; do
  if command -v "$tool" >/dev/null; then echo "tool $tool"; fi
done
df -Pk "$root" | { read -r _; read -r _ _ _ free _; echo "space $free"; }
if [ -f "$root/publications" ]; then sed -n 's/^\\([0-9][0-9]* [0-9a-f]*\\)$/published \\1/p' "$root/publications"; fi
ls "$root/releases" | while read -r each; do
  file=$root/releases/$each/manifest.json
  [ -f "$file" ] || continue
  echo "release $each $(sed -n '/^  "recipe": {/,/}/s/^    "name": "\\(.*\\)",*$/\\1/p' "$file")"
  if [ -f "$root/indexes/$each/blocks" ]; then echo "index $each"; fi
done
if [ -d "$root/releases/$digest" ]; then
  echo here
  # The transfer that put it there may have ended before it had removed what it was made of.
  left=$root/incoming/$digest
  if [ -d "$left" ]; then flock -n "$left/lock" rm -rf "$left" || true; fi
  for file in "$root/releases/$digest"/proofs/*.json; do
    [ -f "$file" ] || continue
    sum=$(sha256sum <"$file")
    echo "proof \${sum%% *} \${file##*/}"
  done
else
  for file in "$root/incoming/$digest"/*.chunk; do
    if [ -f "$file" ]; then echo "chunk \${file##*/}"; fi
  done
fi
`;

/** What takes in one chunk on the target host. */

/**
 * Arguments: root, digest, name of the file, sha256 of the content, command that unpacks. Input: the packed chunk. Prints `here`;
 * `damaged` when something else arrived, which is not kept; `there` when the release is there meanwhile.
 */
export const RECEIVE = `set -eu
export LC_ALL=C
umask 022
root=$1 digest=$2 name=$3 sum=$4 unpack=$5
folder=$root/incoming/$digest
if [ -d "$root/releases/$digest" ]; then echo there; exit 0; fi
mkdir -p "$folder"
partial=$folder/.$name.$$
trap 'rm -f "$partial"' EXIT
trap 'exit 1' HUP INT TERM
cat >"$partial"
found=$($unpack <"$partial" 2>/dev/null | sha256sum)
if [ "\${found%% *}" != "$sum" ]; then echo damaged; exit 0; fi
mv "$partial" "$folder/$name"
echo here
`;

/** Symbolic links that take the place of others at one moment. */
import type { TargetHost } from '../host/host.js';
import { syncFolder } from '../host/on-disk.js';

/**
 * `$1`: path; `$2`: what it shall point to. `mv` takes a destination that is a link to a folder for that folder, and its `-T` is
 * no POSIX. Given the folder in which the link lies, it renames to the link's own name there (POSIX.1-2017, mv).
 */
const PUT_LINK = `
set -eu
umask 022
[ ! -L "$1" ] || [ "$(readlink -- "$1")" != "$2" ] || exit 0
folder=$(dirname -- "$1")
name=$(basename -- "$1")
mkdir -p -- "$folder"
rm -rf -- "$1.new"
mkdir -- "$1.new"
ln -s -- "$2" "$1.new/$name"
mv -f -- "$1.new/$name" "$folder/"
rmdir -- "$1.new"
${syncFolder('"$folder"')}
`;

/** Makes a link, or points it elsewhere; atomic: a reader sees the old one or the new one. */
export async function putLink(host: TargetHost, path: string, target: string, doing: string): Promise<void> {
  await host.run(['sh', '-c', PUT_LINK, 'sh', path, target], { doing, quiet: true });
}

#!/bin/sh
# enter.sh TREE FOLDER COMMAND… : runs a command in a root tree, where FOLDER is /work. To be run in a mount namespace of
# its own, with which the mounts go.
set -eu
tree=$1
folder=$2
shift 2
# pivot_root(2), which some builders use, wants the root to be a mount.
mount --bind "$tree" "$tree"
mount --rbind /dev "$tree/dev"
mount --rbind /sys "$tree/sys"
mount -t proc proc "$tree/proc"
mount -t tmpfs tmpfs "$tree/run"
mkdir -p "$tree/work"
mount --bind "$folder" "$tree/work"
exec chroot "$tree" /usr/bin/env --chdir=/work "$@"

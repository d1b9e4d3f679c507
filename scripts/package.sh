#!/bin/sh
# Makes a Debian package of a checkout that is set up and compiled: scripts/package.sh [--system-node] [FOLDER]
# It holds what npm would publish, the npm packages that run with it, and, unless --system-node is given, the Node.js that runs this
# script: Debian 12 has none that is new enough.
set -eu

cd "$(dirname "$0")/.."
bundled=yes
if [ "${1:-}" = --system-node ]; then
  bundled=
  shift
fi
out=${1:-.}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
home=$tree/usr/lib/lunsmith
share=$tree/usr/share
umask 022
mkdir -p "$home" "$tree/DEBIAN" "$tree/usr/bin" "$share/doc/lunsmith" "$share/man/man1" \
  "$share/bash-completion/completions" "$share/zsh/vendor-completions" "$share/fish/vendor_completions.d"

npm pack --silent --ignore-scripts --pack-destination "$work" >/dev/null
tar --extract --gzip --file "$work"/lunsmith-*.tgz --directory "$home" --strip-components=1 --no-same-owner
# The packages that are installed here are those of the lock file; nothing is fetched.
npm ls --omit=dev --all --parseable | sed -n "s|^$PWD/||p" >"$work/list"
tar --create --exclude='*.map' --files-from "$work/list" | tar --extract --directory "$home" --no-same-owner
chmod -R u=rwX,go=rX "$home"

version=$(node -p 'require("./package.json").version')
if [ -n "$bundled" ]; then
  architecture=$(dpkg --print-architecture)
  depends='libc6 (>= 2.28), libgcc-s1, libstdc++6'
  program=/usr/lib/lunsmith/node
  node=$(node -p process.execPath)
  install --mode=755 "$node" "$home/node"
  for license in "$(dirname "$node")/../LICENSE" /usr/share/doc/nodejs/copyright; do
    if [ -e "$license" ]; then install --mode=644 "$license" "$share/doc/lunsmith/copyright.node"; fi
  done
else
  architecture=all
  depends='nodejs (>= 20.20)'
  program=/usr/bin/node
fi
printf '#!/bin/sh\nexec %s /usr/lib/lunsmith/dist/cli/main.js "$@"\n' "$program" >"$tree/usr/bin/lunsmith"
chmod 755 "$tree/usr/bin/lunsmith" "$home/dist/cli/main.js"

# What is meant for the tests is no use to those who install it. tgt would start its server: who wants to prove releases says so.
recommends=$(sed -e '/^# tests/,$d' -e '/^tgt$/d' -e 's/#.*//' -e '/^$/d' scripts/debian-packages.txt | paste --serial --delimiters=, | sed 's/,/, /g')
cat >"$tree/DEBIAN/control" <<END
Package: lunsmith
Version: $version
Architecture: $architecture
Maintainer: The developers of lunsmith <lunsmith@example.org>
Installed-Size: $(du --summarize --block-size=1024 "$tree" | cut -f 1)
Section: admin
Priority: optional
Depends: $depends
Recommends: $recommends
Suggests: tgt, man-db, ansible
Description: recipes in, proven releases out: LUN images for machines that boot over iSCSI
 A recipe becomes a LUN image with the kernel, initramfs and boot files that
 belong to it; the boot gate boots it over iSCSI before anyone relies on it; and
 it is published to the host that serves the machines. Building needs no root.
END

gzip --best --no-name <man/lunsmith.1 >"$share/man/man1/lunsmith.1.gz"
gzip --best --no-name <CHANGELOG.md >"$share/doc/lunsmith/changelog.gz"
install --mode=644 LICENSE "$share/doc/lunsmith/copyright"
ln -s ../../../lib/lunsmith/docs "$share/doc/lunsmith/docs"
ln -s ../../../lib/lunsmith/README.md "$share/doc/lunsmith/README.md"
node dist/cli/main.js completion bash >"$share/bash-completion/completions/lunsmith"
node dist/cli/main.js completion fish >"$share/fish/vendor_completions.d/lunsmith.fish"
# A file of zsh's completion runs when it is needed for the first time: then it sets all up, and answers.
{
  echo '#compdef lunsmith'
  node dist/cli/main.js completion zsh
  echo '_bash_complete -o default -F _lunsmith'
} >"$share/zsh/vendor-completions/_lunsmith_first"

mkdir -p "$out"
file=$out/lunsmith_${version}_$architecture.deb
dpkg-deb --build --root-owner-group -Zzstd -z6 "$tree" "$file" >/dev/null
printf 'Wrote %s (%s)\n' "$file" "$(du --human-readable "$file" | cut -f 1)"

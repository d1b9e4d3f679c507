#!/bin/sh
# Installs the Debian packages named as arguments. Runs as root; starts and enables no service on the host.
set -eu

export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
installed_policy=
# Packages that bring a target, and what starts it.
services='tgt:tgt.service python3-rtslib-fb:rtslib-fb-targetctl.service'

is_installed() {
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

new_services=
for each in $services; do
  case " $* " in
    *" ${each%%:*} "*) is_installed "${each%%:*}" || new_services="$new_services ${each#*:}" ;;
  esac
done

remove_policy() {
  if [ -n "$installed_policy" ]; then
    rm -f "$policy"
  fi
}
trap remove_policy EXIT
trap 'exit 130' INT TERM HUP

# Maintainer scripts start daemons (tgt has one) unless this file forbids it: invoke-rc.d(8). An existing one stays.
if [ ! -e "$policy" ]; then
  installed_policy=yes
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 0755 "$policy"
fi

apt() {
  apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -q "$@" </dev/null
}

# Old lists name packages that the mirror no longer has; a source that is of no use to us may fail.
apt update || echo 'apt-get update failed; going on with the lists that are here' >&2
apt install --yes --no-install-recommends "$@"

# lunsmith starts its own tgtd for each boot, and its tests their own sshd: the host need not serve anything after its next
# start either.
if command -v systemctl >/dev/null; then
  for service in $new_services; do
    systemctl --quiet disable "$service" || true
  done
fi

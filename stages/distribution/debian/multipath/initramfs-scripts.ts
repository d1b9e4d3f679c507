/**
 * What the initramfs of Debian does with several paths to one LUN, as scripts of initramfs-tools(7). That of open-iscsi waits without end for
 * a portal that does not answer, binds every session of an iBFT to the one card that the table tells of, and configures one card.
 */
import { PORTALS_KEY } from '../../../../artifacts/formats/open-iscsi.js';

/** Where the booted system finds, for a shell, `TARGET`, `PORT` and `PORTALS`: all of them, also those that did not answer. */
export const PORTALS_RUN = '/run/lunsmith/portals';

const HEAD = (prerequisite: string) => `#!/bin/sh
if [ "$1" = prereqs ]; then
  echo "${prerequisite}"
  exit 0
fi
`;

/** Runs before that of open-iscsi: gives an address to every card, and leaves it the portals that answer. */
export const PORTALS_SCRIPT = `${HEAD('')}
settings=/etc/iscsi.initramfs
ibft=/sys/firmware/ibft

value() {
  if [ -r "$1" ]; then cat "$1"; fi
}

if [ -r $settings ]; then . $settings; fi
for word in $(cat /proc/cmdline); do
  # Whoever says it there means this one path.
  case $word in iscsi_auto | iscsi_target_ip=* | root=iscsi:*) exit 0 ;; esac
done

portals=$${PORTALS_KEY}
if [ -n "$ISCSI_AUTO" ]; then
  modprobe iscsi_ibft
  portals=
  for each in $ibft/target*; do
    name=$(value $each/target-name)
    address=$(value $each/ip-addr)
    [ -n "$address" ] || continue
    # Two targets are no two paths.
    case \${ISCSI_TARGET_NAME:-$name} in "$name") ;; *) exit 0 ;; esac
    ISCSI_TARGET_NAME=$name
    ISCSI_TARGET_PORT=$(value $each/port)
    case " $portals " in *" $address "*) ;; *) portals="$portals $address" ;; esac
    # iPXE records no account for a path that it found dead.
    if [ -n "$(value $each/chap-name)" ]; then
      ISCSI_USERNAME=$(value $each/chap-name)
      ISCSI_PASSWORD=$(value $each/chap-secret)
    fi
  done
  ISCSI_INITIATOR=$(value $ibft/initiator/initiator-name)
fi
set -- $portals
if [ $# -lt 2 ]; then exit 0; fi
portals="$*"
port=\${ISCSI_TARGET_PORT:-3260}

. /conf/initramfs.conf
for each in /conf/conf.d/*; do
  if [ -f "$each" ]; then . "$each"; fi
done
. /scripts/functions

# The first request often goes out before the link is up.
ask() {
  for seconds in 2 3 4 6; do
    [ -e "/run/net-$1.conf" ] || ipconfig -c dhcp -t $seconds -d "$1" >/dev/null 2>&1
  done
  [ -e "/run/net-$1.conf" ]
}

# The card that iPXE booted by has an address in the iBFT, for when nobody answers.
ask_or_take() {
  ask "$1" && return
  ipconfig -t 2 -d "$(value $ibft/ethernet0/ip-addr)::$(value $ibft/ethernet0/gateway):$(value $ibft/ethernet0/subnet-mask)::$1:none"
}

log_begin_msg "Asking every card for its network"
wait_for_udev 10
boot=
if [ -n "$ISCSI_AUTO" ]; then
  for each in /sys/class/net/*; do
    if [ "$(value $each/address)" = "$(value $ibft/ethernet0/mac)" ]; then boot=\${each##*/}; fi
  done
  if [ -n "$boot" ]; then ask_or_take "$boot" & fi
else
  # As ip= and BOOTIF= on the kernel command line say.
  configure_networking
  boot=$DEVICE
fi
for each in /sys/class/net/*; do
  card=\${each##*/}
  # A card and no bridge, of the kind ARPHRD_ETHER.
  if [ "$card" != "$boot" ] && [ -e "$each/device" ] && [ "$(value $each/type)" = 1 ]; then
    ask "$card" &
  fi
done
wait
log_end_msg 0

log_begin_msg "Looking for portals that answer"
mkdir -p /run/lunsmith/answers
answering=
for attempt in 1 2 3 4 5; do
  for portal in $portals; do
    (nc -w 3 "$portal" "$port" -e /bin/true </dev/null >/dev/null 2>&1 && : >"/run/lunsmith/answers/$portal") &
  done
  wait
  for portal in $portals; do
    if [ -e "/run/lunsmith/answers/$portal" ]; then answering="$answering $portal"; fi
  done
  if [ -n "$answering" ]; then break; fi
  sleep 1
done
rm -r /run/lunsmith/answers
log_end_msg 0
echo "Portals that answer:\${answering:- none} (of $portals)"

# One word of a shell.
quoted() {
  printf "'"
  printf '%s' "$1" | sed "s/'/'\\\\\\\\''/g"
  printf "'"
}

umask 077
{
  for key in ISCSI_INITIATOR ISCSI_TARGET_NAME ISCSI_USERNAME ISCSI_PASSWORD; do
    eval "text=\\$$key"
    printf '%s=' $key
    quoted "$text"
    echo
  done
  echo "ISCSI_TARGET_PORT=$port"
  echo "ISCSI_TARGET_GROUP=1"
  set -- \${answering:-$portals}
  echo "ISCSI_TARGET_IP='$*'"
} >$settings.new
mv $settings.new $settings
{
  printf 'TARGET='
  quoted "$ISCSI_TARGET_NAME"
  echo
  echo "PORT=$port"
  echo "PORTALS='$portals'"
} >${PORTALS_RUN}
exit 0
`;

/**
 * Runs after that of multipath-tools, which has made the maps. By its UUID the root would be looked for among the disks too, of which each
 * path is one, and none of them can be mounted once a map has it.
 */
export const ROOT_SCRIPT = `${HEAD('multipath')}
case $ROOT in UUID=*) ;; *) exit 0 ;; esac
for each in /dev/mapper/*; do
  case $each in */control) continue ;; esac
  if [ "UUID=$(blkid -o value -s UUID "$each")" = "$ROOT" ]; then
    echo "ROOT=$each" >>/conf/param.conf
    exit 0
  fi
done
exit 0
`;

/**
 * `multipath -u`, by which udev knows that a disk is a path and no disk, says no where multipathd neither runs nor would be started by
 * systemd, which it knows by this name.
 */
export const HOOK = `${HEAD('')}
mkdir -p "$DESTDIR/etc/systemd/system/sysinit.target.wants"
: >"$DESTDIR/etc/systemd/system/sysinit.target.wants/multipathd.service"
`;

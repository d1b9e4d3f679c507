/** The script of an initramfs that logs in to the target of the root, for generators that have none which takes its secret from a file. */
import { BOOT_NIC } from './boot-nic.js';

/**
 * Lines of sh: a function `run_hook`, which logs in with iscsistart(8) as the iBFT says, or as /etc/iscsi.initramfs or the kernel command line
 * do. It wants iscsistart, ip, modprobe and udevadm, and functions `msg` and `err`. A card of the iBFT is known by its MAC: `device` there is
 * that of the bus, below which a virtio card has no `net`.
 * @param settings a file of `KEY=VALUE` lines for `iscsistart -P`, see sessionSettingsText
 */
export function loginToTarget(settings: string): string {
  return `${BOOT_NIC}
# What the firmware's table says of the network beyond the NIC's address: the default route, and name servers for the booted system.
ibft_network() {
  local path nic gateway
  for path in /sys/firmware/ibft/ethernet*; do
    gateway=$(cat "$path/gateway" 2> /dev/null)
    nic=$(boot_nic "01-$(cat "$path/mac" 2> /dev/null)") || continue
    case $gateway in
      '' | 0.0.0.0 | ::) ;;
      *) ip route replace default via "$gateway" dev "$nic" || err "No default route by $gateway" ;;
    esac
    {
      echo "IPV4DNS0='$(cat "$path/primary-dns" 2> /dev/null)'"
      echo "IPV4DNS1='$(cat "$path/secondary-dns" 2> /dev/null)'"
    } > "/run/net-$nic.conf"
  done
}

# Runs iscsistart up to ten times. It ends with the same code for a target that is not there yet and for one that refuses;
# what it says tells them apart, and to be refused once is enough.
persistently() {
  local try=1 status said
  while :; do
    iscsistart "$@" > /run/iscsistart.log 2>&1
    status=$?
    said=$(cat /run/iscsistart.log)
    if [ -n "$said" ]; then echo "$said"; fi
    if [ "$status" -eq 0 ] || [ "$try" -ge 10 ]; then return "$status"; fi
    case $said in *'authorization failure'* | *'Login authentication failed'*) return "$status" ;; esac
    try=$((try + 1))
    sleep 3
  done
}

run_hook() {
  local word key value setting
  ISCSI_AUTO='' ISCSI_INITIATOR='' ISCSI_TARGET_NAME='' ISCSI_TARGET_IP='' ISCSI_TARGET_PORT='' ISCSI_TARGET_GROUP=''
  ISCSI_USERNAME='' ISCSI_PASSWORD='' ISCSI_IN_USERNAME='' ISCSI_IN_PASSWORD='' InitiatorName=''
  if [ -r /etc/initiatorname.iscsi ]; then . /etc/initiatorname.iscsi; fi
  if [ -r /etc/iscsi.initramfs ]; then . /etc/iscsi.initramfs; fi
  for word in $(cat /proc/cmdline); do
    key=\${word%%=*} value=\${word#*=}
    case $key in
      iscsi_auto) ISCSI_AUTO=true ;;
      iscsi_initiator) ISCSI_INITIATOR=$value ;;
      iscsi_target_name) ISCSI_TARGET_NAME=$value ;;
      iscsi_target_ip) ISCSI_TARGET_IP=$value ;;
      iscsi_target_port) ISCSI_TARGET_PORT=$value ;;
      iscsi_target_group) ISCSI_TARGET_GROUP=$value ;;
      iscsi_username) ISCSI_USERNAME=$value ;;
      iscsi_password) ISCSI_PASSWORD=$value ;;
      iscsi_in_username) ISCSI_IN_USERNAME=$value ;;
      iscsi_in_password) ISCSI_IN_PASSWORD=$value ;;
    esac
  done
  modprobe -qa iscsi_tcp iscsi_ibft crc32c
  set --
  while read -r setting; do
    if [ -n "$setting" ]; then set -- "$@" -P "$setting"; fi
  done < ${settings}
  if [ -n "$ISCSI_AUTO" ] && [ -d /sys/firmware/ibft ]; then
    msg 'Logging in to the iSCSI target of the iBFT'
    if ! persistently -N; then err 'iscsistart cannot configure the network by the iBFT'; fi
    ibft_network
    set -- -b "$@"
  elif [ -n "$ISCSI_TARGET_NAME" ] && [ -n "$ISCSI_TARGET_IP" ]; then
    msg "Logging in to the iSCSI target $ISCSI_TARGET_NAME"
    if [ -n "$ISCSI_IN_USERNAME" ]; then set -- -U "$ISCSI_IN_USERNAME" -W "$ISCSI_IN_PASSWORD" "$@"; fi
    if [ -n "$ISCSI_USERNAME" ]; then
      set -- -u "$ISCSI_USERNAME" -w "$ISCSI_PASSWORD" -P node.session.auth.authmethod=CHAP "$@"
    fi
    set -- -i "\${ISCSI_INITIATOR:-$InitiatorName}" -t "$ISCSI_TARGET_NAME" -g "\${ISCSI_TARGET_GROUP:-1}" \\
      -a "$ISCSI_TARGET_IP" -p "\${ISCSI_TARGET_PORT:-3260}" "$@"
  else
    err 'No iSCSI target is known: the iBFT is empty, and neither /etc/iscsi.initramfs nor the kernel command line names one'
    return
  fi
  if ! persistently "$@"; then err 'The iSCSI target of the root cannot be reached, or refuses this client'; fi
  udevadm settle
}
`;
}

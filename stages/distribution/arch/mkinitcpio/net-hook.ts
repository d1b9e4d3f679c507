/**
 * The hook `net` for mkinitcpio(8), in the place of that of mkinitcpio-nfs-utils, whose ipconfig it uses: it waits for the NIC,
 * knows BOOTIF, has a time-out, and hands on what it learned below /run.
 */

export const NET_INSTALL = `#!/bin/bash
# Configures the NIC that the machine boots by. Written by lunsmith.

build() {
  add_checked_modules '/drivers/net/'
  map add_module 'af_packet?'
  add_binary /usr/lib/initcpio/ipconfig /bin/ipconfig
  add_runscript
}

help() {
  cat <<HELP
Configures the NIC as the kernel parameter ip= says; BOOTIF= of the boot loader chooses it. Without ip= it does nothing.
HELP
}
`;

export const NET_RUN = `#!/usr/bin/ash
# Configures the NIC that the machine boots by. Written by lunsmith.

# The name of the NIC with the MAC of BOOTIF=01-52-54-00-12-34-56, or of the first Ethernet one without it.
boot_nic() {
  local path mac=\${1#*-}
  mac=$(echo "$mac" | tr 'A-F-' 'a-f:')
  for path in /sys/class/net/*; do
    if [ ! -e "$path/address" ] || [ "$(cat "$path/type")" != 1 ]; then continue; fi
    if [ -n "$1" ] && [ "$(cat "$path/address")" != "$mac" ]; then continue; fi
    echo "\${path##*/}"
    return
  done
  return 1
}

run_hook() {
  local word address='' bootif='' nic='' try=0 before after
  for word in $(cat /proc/cmdline); do
    case $word in
      ip=*) address=\${word#ip=} ;;
      BOOTIF=*) bootif=\${word#BOOTIF=} ;;
    esac
  done
  case $address in '' | off | none) return ;; esac
  # The sixth field of CLIENT:SERVER:GATEWAY:MASK:HOST:DEVICE:METHOD names the NIC.
  case $address in *:*:*:*:*:*) nic=$(echo "$address" | cut -d : -f 6) ;; esac
  until [ -n "$nic" ] || nic=$(boot_nic "$bootif"); do
    try=$((try + 1))
    if [ "$try" -gt 30 ]; then
      err "No NIC for BOOTIF=$bootif"
      return
    fi
    sleep 1
  done
  case $address in
    *:*:*:*:*:*)
      before=$(echo "$address" | cut -d : -f 1-5)
      after=$(echo "$address" | cut -d : -f 7-)
      address=$before:$nic:$after
      ;;
    *) address=:::::$nic:$address ;;
  esac
  try=0
  until ipconfig -t 60 "$address"; do
    try=$((try + 1))
    if [ "$try" -ge 5 ]; then
      err "No address for $nic"
      return
    fi
    sleep 1
  done
  # Older versions leave it where it does not reach the booted system.
  for word in /tmp/net-*.conf; do
    if [ -e "$word" ]; then cp "$word" /run/; fi
  done
}
`;

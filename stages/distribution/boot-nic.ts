/** The script of an initramfs that configures the NIC by which the machine boots, for generators whose own cannot. */

/** Lines of sh: a function `boot_nic`. */
export const BOOT_NIC = `# The name of the NIC with the MAC of BOOTIF=01-52-54-00-12-34-56, or of the first Ethernet one without it.
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
`;

/**
 * Lines of sh: a function `run_hook`, which configures the NIC as the kernel parameter `ip=` says; BOOTIF= of the boot loader chooses it. What
 * it learned it hands on below /run. It wants ipconfig and udevadm, and a function `err`.
 */
export const CONFIGURE_NIC = `${BOOT_NIC}
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
  # Before udev is done, a name may be that which the kernel gave, and change while an address is asked for.
  until [ -n "$nic" ] || nic=$(udevadm settle --timeout=30; boot_nic "$bootif"); do
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

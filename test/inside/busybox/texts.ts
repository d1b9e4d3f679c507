/** Files by which a busybox system starts, and its initramfs. */

export const ETC: Readonly<Record<string, string>> = {
  '/usr/lib/os-release': 'ID=busybox\nVERSION_ID=1\nPRETTY_NAME="busybox for tests"\n',
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
  '/etc/group': 'root:x:0:\n',
  '/etc/inittab': [
    '::sysinit:/etc/init.d/start',
    'ttyS0::respawn:/sbin/getty -L ttyS0 115200 vt100',
    '::shutdown:/etc/init.d/stop',
    '',
  ].join('\n'),
};

/** One of SMBIOS table 11 with lines of tmpfiles.d(5) for files that exist, as systemd takes them from a virtual machine. */
const CREDENTIAL = 'io.systemd.credential.binary:tmpfiles.extra=';

export const INIT_SCRIPTS: Readonly<Record<string, string>> = {
  '/etc/init.d/start': `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -o remount,rw /
hostname -F /etc/hostname
strings /sys/firmware/dmi/tables/DMI | sed -n 's|^${CREDENTIAL}||p' | base64 -d |
  while read -r _ file _ _ _ _ text; do
    printf "$text" >> "$file"
  done
`,
  '/etc/init.d/stop': `#!/bin/sh
sync
mount -o remount,ro /
`,
};

/** Modules that find the network, the target's disk and its file system. */
export const MODULES = [
  ...['virtio_pci', 'virtio_net', 'iscsi_ibft', 'iscsi_tcp', 'sd_mod', 'crc32c_generic', 'ext4'],
];

/** The first program of the initramfs. What a client is comes from the iBFT, or from the small archive that comes after this. */
export const INIT = `#!/bin/busybox sh
PATH=/sbin:/bin
busybox mkdir -p /proc /sys /dev /root /run
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
echo 'busybox-initramfs: begin'
# Those that this kernel has built in are no modules.
for module in ${MODULES.join(' ')}; do busybox modprobe -q "$module"; done
busybox ip link set lo up
busybox ip link set eth0 up
if [ -f /etc/iscsi.initramfs ]; then
  . /etc/iscsi.initramfs
  busybox udhcpc -q -n -t 10 -i eth0 -s /udhcpc
  set -- -i "$ISCSI_INITIATOR" -t "$ISCSI_TARGET_NAME" -g "$ISCSI_TARGET_GROUP" -a "$ISCSI_TARGET_IP" \\
    -p "$ISCSI_TARGET_PORT" -u "$ISCSI_USERNAME" -w "$ISCSI_PASSWORD"
else
  cd /sys/firmware/ibft/ethernet0
  busybox ifconfig eth0 "$(busybox cat ip-addr)" netmask "$(busybox cat subnet-mask)"
  cd /
  set -- -b
fi
iscsistart "$@" && echo 'busybox-initramfs: logged in'
for word in $(busybox cat /proc/cmdline); do
  case $word in root=*) root=\${word#root=} ;; esac
done
for try in 1 2 3 4 5 6 7 8 9 10; do
  device=$(busybox findfs "$root") && break
  busybox sleep 1
done
if ! busybox mount -t ext4 -o ro "$device" /root; then
  echo 'busybox-initramfs: no root, here is a shell'
  exec busybox sh
fi
echo 'busybox-initramfs: root mounted'
busybox mount --move /dev /root/dev
busybox umount /proc /sys
exec busybox switch_root /root /sbin/init
`;

export const UDHCPC = `#!/bin/busybox sh
[ "$1" = bound ] && busybox ifconfig "$interface" "$ip" netmask "$subnet"
exit 0
`;

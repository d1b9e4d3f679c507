/**
 * The module `lunsmith` of dracut.modules(7): the network of the machine, the login to the target of the root, and what the client has of its own.
 * It stays in the image, for the initramfs of a kernel that a client installs later.
 */
import { CONFIGURE_NIC } from '../../../boot-nic.js';
import { clientPart } from '../../../client-part.js';
import { loginToTarget } from '../../../iscsi-login.js';
import { mountOverlay } from '../../../overlay-root.js';

/** dracut looks for modules nowhere else. */
export const MODULES = '/usr/lib/dracut/modules.d';
export const MODULE = 'lunsmith';
const FOLDER = `${MODULES}/90${MODULE}`;
/** `KEY=VALUE` lines for `iscsistart -P`. */
export const SESSION_SETTINGS = '/etc/iscsi/iscsistart.settings';
export const IPCONFIG = '/usr/lib/klibc/bin/ipconfig';

/** The folder of the scripts in the initramfs. */
const SCRIPTS = '/usr/lib/lunsmith';

/**
 * Its names of NICs are those of the booted system, which could not rename one that carries the root. initqueue gives up half a minute after all
 * is settled, in the place of three: the disk is there when the login is over.
 */
const SETUP = `#!/bin/bash
# Finds the root of this machine on iSCSI. Written by lunsmith.

check() {
  return 0
}

depends() {
  echo kernel-network-modules
}

installkernel() {
  hostonly='' instmods iscsi_tcp iscsi_ibft libiscsi libiscsi_tcp scsi_transport_iscsi sd_mod crc32c
  if [ -e "$moddir/overlay" ]; then hostonly='' instmods overlay; fi
}

install() {
  local script
  inst_multiple cat chroot cut ip iscsistart mkdir mount rm sleep tr udevadm umount
  inst ${IPCONFIG} /usr/bin/ipconfig
  for script in /lib/klibc-*.so /usr/lib/klibc-*.so; do
    if [ -e "$script" ]; then inst_simple "$script"; fi
  done
  inst_multiple -o '/usr/lib/systemd/network/*.link' '/etc/systemd/network/*.link' '/etc/modprobe.d/*.conf'
  inst_simple /etc/iscsi/iscsi.initramfs /etc/iscsi.initramfs
  inst_simple ${SESSION_SETTINGS}
  for script in net iscsi client overlay; do
    if [ -e "$moddir/$script" ]; then inst_script "$moddir/$script" "${SCRIPTS}/$script"; fi
  done
  inst_hook initqueue/settled 50 "$moddir/login.sh"
  inst_hook pre-pivot 50 "$moddir/root.sh"
  mkdir -p "$initdir/etc/cmdline.d"
  echo rd.retry=30 > "$initdir/etc/cmdline.d/lunsmith.conf"
  dracut_need_initqueue
}
`;

/** Sourced again and again until the root is there. What it says belongs on the console, where systemd sends what dracut says as an error. */
const LOGIN = `#!/bin/sh
# The network and the login to the target of the root. Written by lunsmith.

if [ ! -e /run/initramfs/lunsmith ]; then
  mkdir -p /run/initramfs
  true > /run/initramfs/lunsmith
  ${SCRIPTS}/net >&2
  ${SCRIPTS}/iscsi >&2
fi
`;

const WORDS = `msg() {
  echo "$*"
}

err() {
  echo "Error: $*"
}
`;

const NET = `#!/bin/sh
# Configures the NIC that the machine boots by. Written by lunsmith.

${WORDS}
${CONFIGURE_NIC}
run_hook
`;

const ISCSI = `#!/bin/sh
# Logs in to the iSCSI target of the root. Written by lunsmith.

${WORDS}
${loginToTarget(SESSION_SETTINGS)}
run_hook
for nic in /run/net-*.conf; do
  if [ ! -e "$nic" ]; then continue; fi
  nic=\${nic#/run/net-}
  echo "\${nic%.conf}" > /run/initramfs/open-iscsi.interface
done
`;

/** Sourced once, when the root is mounted and before the system starts from it. */
const ROOT = `#!/bin/sh
# What becomes of the mounted root before the system starts from it. Written by lunsmith.

if [ -e ${SCRIPTS}/overlay ] && ! ${SCRIPTS}/overlay >&2; then
  die 'The overlay of the root cannot be mounted'
fi
${SCRIPTS}/client >&2 || warn 'Not all files of this client are in their places'
`;

const CLIENT = `#!/bin/sh
# The name and the files of this client. Written by lunsmith.

${clientPart('"$NEWROOT"')}
client_part
`;

/** systemd shares all mounts with whoever is in a namespace of its own, and a shared one cannot be moved. */
const OVERLAY = `#!/bin/sh
# What is written to the root goes to memory: its LUN is read-only. Written by lunsmith.

overlay() {
  mount --make-rprivate / || return 1
${mountOverlay('"$NEWROOT"')}
}

overlay
`;

export const MODULE_FILES: readonly (readonly [path: string, text: string])[] = [
  [`${FOLDER}/module-setup.sh`, SETUP],
  [`${FOLDER}/login.sh`, LOGIN],
  [`${FOLDER}/root.sh`, ROOT],
  [`${FOLDER}/net`, NET],
  [`${FOLDER}/iscsi`, ISCSI],
  [`${FOLDER}/client`, CLIENT],
];
/** The module brings an overlay where it has this file. */
export const OVERLAY_FILE: readonly [path: string, text: string] = [`${FOLDER}/overlay`, OVERLAY];

/**
 * A tagged VLAN of the boot NIC, by scripts of initramfs-tools(7): made before that of open-iscsi asks for an address, which then asks by the VLAN and
 * not by the NIC. It lives on in the booted system.
 */
import { Failure } from '../../../base/failure.js';
import type { RootTree } from '../../rootfs/tree.js';
import { kernelModule, type Part } from '../needed-parts.js';
import type { BootVlan } from '../topics.js';
import { generatorOf } from './generator.js';

export const VLAN_HOOK = '/etc/initramfs-tools/hooks/lunsmith-vlan';
const SCRIPT = '/etc/initramfs-tools/scripts/init-premount/lunsmith-vlan';
const MULTIPATH_HOOK = '/etc/initramfs-tools/hooks/lunsmith-multipath';

/** That of busybox knows no VLAN where it was built without, and stays what it is for the other scripts. */
const IP = '/usr/lib/lunsmith/ip';
const MODULE = '8021q';

/** What the initramfs needs for it. */
export const VLAN_PARTS: readonly Part[] = [
  kernelModule(MODULE),
  { what: 'the program ip', path: new RegExp(`^${IP.slice(1)}$`) },
  { what: 'the script scripts/init-premount/lunsmith-vlan', path: /^scripts\/init-premount\/lunsmith-vlan$/ },
];

const HOOK = `#!/bin/sh
# What it takes to make the VLAN of the boot NIC. Written by lunsmith.
if [ "$1" = prereqs ]; then exit 0; fi
. /usr/share/initramfs-tools/hook-functions
manual_add_modules ${MODULE}
copy_exec "$(readlink -f "$(command -v ip)")" ${IP}
`;

/** What DEVICE and BOOTIF say is read by init from param.conf, and by the script of open-iscsi from conf.d. @param id of the VLAN */
export function vlanScript(id: number): string {
  return `#!/bin/sh
# Makes the VLAN of the boot NIC by which the root is reached. Written by lunsmith.
if [ "$1" = prereqs ]; then exit 0; fi
id=${id}
. /scripts/functions

# The name of the card with the address of BOOTIF=01-52-54-00-12-34-56, or of the first Ethernet one without it.
boot_nic() {
  local path mac
  mac=$(IFS=-; set -- \${BOOTIF#*-}; IFS=:; echo "$*")
  for path in /sys/class/net/*; do
    # A card and no bridge, of the kind ARPHRD_ETHER.
    if [ ! -e "$path/device" ] || [ "$(cat "$path/type")" != 1 ]; then continue; fi
    if [ -n "$mac" ] && [ "$(cat "$path/address")" != "$mac" ]; then continue; fi
    echo "\${path##*/}"
    return
  done
  return 1
}

log_begin_msg "Making VLAN $id of the boot NIC"
try=0
until nic=$(boot_nic) || [ $try = 180 ]; do
  try=$((try + 1))
  sleep 1
done
# It may be about to get its name.
wait_for_udev 10
nic=$(boot_nic) || panic "No NIC for BOOTIF=$BOOTIF"
vlan=$nic.$id
# Linux has room for 15 characters.
if [ \${#vlan} -gt 15 ]; then vlan=vlan$id; fi
modprobe ${MODULE}
{
  ${IP} link set dev "$nic" up &&
    ${IP} link add link "$nic" name "$vlan" type vlan id $id &&
    ${IP} link set dev "$vlan" up
} || panic "The VLAN $id of $nic cannot be made"
wait_for_udev 10
log_end_msg 0

echo "DEVICE=$vlan
BOOTIF=" >/conf/conf.d/lunsmith-vlan
cat /conf/conf.d/lunsmith-vlan >>/conf/param.conf
exit 0
`;
}

export const vlan: BootVlan = {
  async place(tree, id) {
    if ((await generatorOf(tree)) === 'dracut') throw dracutMakesNone();
    if (!(await tree.exists('/usr/bin/ip')) && !(await tree.exists('/bin/ip'))) throw withoutIp();
    await tree.write(VLAN_HOOK, HOOK, { mode: 0o755 });
    await tree.write(SCRIPT, vlanScript(id), { mode: 0o755 });
  },

  async remove(tree) {
    for (const path of [VLAN_HOOK, SCRIPT]) if (await tree.exists(path)) await tree.remove(path);
  },

  async find(tree) {
    const [, id] = /^id=(\d+)$/m.exec((await tree.read(SCRIPT)) ?? '') ?? [];
    return id === undefined ? undefined : Number(id);
  },
};

/** @throws Failure of kind `recipe` where the initramfs would ask every card for an address, and not the VLAN */
export async function checkOnePath(tree: RootTree): Promise<void> {
  if (!(await tree.exists(VLAN_HOOK)) || !(await tree.exists(MULTIPATH_HOOK))) return;
  throw new Failure('recipe', {
    what: 'Several paths to the root are not built where it is reached by a VLAN of the boot NIC.',
    expected: '`vlan` of `network`, or `multipath: true` of `iscsi-initiator`',
    hint: 'Leave one of them out.',
  });
}

/** @throws Failure of kind `recipe` where a step before dracut was installed placed what makes one */
export async function checkNone(tree: RootTree): Promise<void> {
  if (await tree.exists(VLAN_HOOK)) throw dracutMakesNone();
}

function dracutMakesNone(): Failure {
  return new Failure('recipe', {
    what: 'A VLAN of the boot NIC is not built with an initramfs by dracut: its login takes the NIC as it is.',
    hint: 'Install `initramfs-tools` in the place of `dracut`, or leave `vlan` out.',
  });
}

function withoutIp(): Failure {
  return new Failure('recipe', {
    what: 'The package iproute2 is not installed, whose ip makes the VLAN in the initramfs.',
    hint: 'Add `iproute2` to a `packages` step before this one, or leave `vlan` out.',
  });
}

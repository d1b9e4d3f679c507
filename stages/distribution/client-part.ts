/**
 * The script of the initramfs that gives the booted system what its client has of its own: its name, and its files. Each file lies in memory
 * and is mounted over its path before the system starts, so that no disk ever holds it. Where nothing lies at a path, an empty file is made
 * there to mount on, which is removed at the next boot that does not need it.
 */
import { CLIENT_PART, MOUNT_POINTS } from '../../artifacts/formats/client-part.js';

/** A file system of its own below the /run that the initramfs hands on, which may keep programs from being run. */
const AT = '/run/lunsmith-client';

/**
 * Runs in the root, by its own programs and its own names of users; so its symlinks lead nowhere else. The file system of the files is its
 * /run. What it cannot do it tells, and goes on.
 */
const PLACE = `set -u
made=${MOUNT_POINTS} status=0 changed=
true >/run/mounts
true >/run/made
[ -e /run/list ] || true >/run/list
wanted() {
  while read -r _ _ _ each; do
    if [ "$each" = "$1" ]; then return 0; fi
  done </run/list
  return 1
}
if [ -e "$made" ]; then
  while read -r path; do
    if wanted "$path"; then
      echo "$path" >>/run/made
      continue
    fi
    changed=yes
    if [ -f "$path" ] && [ ! -L "$path" ] && [ ! -s "$path" ]; then rm -f -- "$path" || status=1; fi
  done <"$made"
fi
while read -r number mode owner path; do
  if [ ! -e "$path" ]; then
    mkdir -p -- "\${path%/*}/" && true >"$path" || { status=1; continue; }
    changed=yes
    echo "$path" >>/run/made
  fi
  if [ ! -f "$path" ]; then
    echo "$path is no file" >&2
    status=1
    continue
  fi
  chown -- "$owner" "/run/$number" && chmod -- "$mode" "/run/$number" || { status=1; continue; }
  echo "$number $(readlink -f -- "$path")" >>/run/mounts
done </run/list
if [ -s /run/made ]; then
  if [ -n "$changed" ]; then mkdir -p -- "\${made%/*}" && cat /run/made >"$made" || status=1; fi
elif [ -e "$made" ]; then
  rm -f -- "$made" || status=1
fi
exit $status
`;

/**
 * Lines of sh, for every shell and with no program but those of klibc: a function \`client_part\`. It fails where something of the client's
 * is not as it was wished, when all else is.
 * @param root where the root is mounted, as sh writes it
 */
export function clientPart(root: string): string {
  return `client_name() {
  name=
  if [ -r ${CLIENT_PART}/name ]; then read -r name <${CLIENT_PART}/name; fi
  # In the place of the archive, the iBFT: the script of the client told iPXE.
  for each in /sys/firmware/ibft/ethernet*/hostname; do
    if [ -z "$name" ] && [ -r "$each" ]; then read -r name <"$each"; fi
  done
  # An image that has a name keeps it.
  if [ -e ${root}/etc/hostname ] || [ -L ${root}/etc/hostname ]; then return; fi
  case $name in '' | *[!A-Za-z0-9.-]*) ;; *) echo "$name" >/proc/sys/kernel/hostname ;; esac
}

place_files() {
  options=
  while read -r _ where _ each _; do
    if [ "$where" = ${root} ]; then options=$each; fi
  done </proc/mounts
  case ,$options, in
    *,ro,*) ;;
    *)
      chroot ${root} /bin/sh /run/place
      return
      ;;
  esac
  # Where nothing has to be made or removed, the root stays read-only, as it is before the system starts.
  chroot ${root} /bin/sh /run/place 2>/dev/null && return
  mount -o remount,rw none ${root} || return 1
  status=0
  chroot ${root} /bin/sh /run/place || status=1
  mount -o remount,ro none ${root} || status=1
  return $status
}

client_files() {
  if [ ! -e ${CLIENT_PART}/list ] && [ ! -e ${root}${MOUNT_POINTS} ]; then return; fi
  if [ ! -d ${root}/run ] || [ -L ${root}/run ]; then return 1; fi
  mkdir -m 0700 ${AT} && mount -t tmpfs -o mode=0700,size=8m tmpfs ${AT} || return 1
  cat >${AT}/place <<'END'
${PLACE}END
  for each in ${CLIENT_PART}/*; do
    if [ -f "$each" ]; then cat "$each" >"${AT}/\${each##*/}" || return 1; fi
  done
  mount -o bind ${AT} ${root}/run || return 1
  status=0
  place_files || status=1
  umount ${root}/run || status=1
  while read -r number path; do
    mount -o bind "${AT}/$number" ${root}"$path" || status=1
  done <${AT}/mounts
  return $status
}

client_part() {
  client_name
  client_files && return
  echo '<3>lunsmith: not all files of this client are in their places' >/dev/kmsg
  return 1
}
`;
}

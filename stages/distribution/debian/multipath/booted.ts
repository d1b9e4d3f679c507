/** What the booted system does with several paths to the LUN of its root. */
import { PORTALS_RUN } from './initramfs-scripts.js';

/**
 * multipath.conf(5). Every iSCSI disk is a path, and nothing else is: a stick of the client's stays what it is. `mpatha` depends on no
 * clone's serial number, so that one image serves all. Without any path commands wait, as those of a single path do.
 */
export const MULTIPATH_CONF = `defaults {
	user_friendly_names yes
	find_multipaths no
	path_grouping_policy multibus
	polling_interval 5
	fast_io_fail_tmo 5
	no_path_retry queue
}
blacklist {
	protocol ".*"
}
blacklist_exceptions {
	protocol "scsi:iscsi"
}
`;

/**
 * iscsid takes the sessions over by closing each connection; until it has logged in again its paths have failed. multipathd, which sees that
 * they are back, cannot be read from the disk meanwhile.
 */
export const ISCSID_AFTER_PATHS = `[Unit]
After=multipathd.service
`;

export const LOGIN_UNIT = 'root-portals.service';
export const LOGIN_SCRIPT_PATH = '/usr/lib/lunsmith/root-portals';

/**
 * The records of iscsiadm hold the secret, so they are in memory and seen by nobody else; iscsid gets them with the order to log in, and
 * keeps the session from then on.
 */
export const LOGIN_UNIT_TEXT = `[Unit]
Description=Sessions at portals of the root that did not answer when the system started
ConditionPathExists=${PORTALS_RUN}
After=iscsid.service multipathd.service

[Service]
ExecStart=${LOGIN_SCRIPT_PATH}
TemporaryFileSystem=/etc/iscsi/nodes:mode=0700
UMask=0077
`;

export const LOGIN_SCRIPT = `#!/bin/sh
# Logs in to the target of the root at each portal where no session is, until there is one at all of them.
set -eu
. ${PORTALS_RUN}
classes=/sys/class

# The number of a session of the target, at one portal or at any.
session() {
  for each in "$classes"/iscsi_connection/connection*; do
    number=\${each##*/connection}
    number=\${number%%:*}
    [ "$(cat "$classes/iscsi_session/session$number/targetname" 2>/dev/null)" = "$TARGET" ] || continue
    [ $# = 0 ] || [ "$(cat "$each/persistent_address" 2>/dev/null)" = "$1" ] || continue
    echo "$number"
    return
  done
}

log_in() {
  of="$classes/iscsi_session/session$(session)"
  iscsiadm --mode node --op new --targetname "$TARGET" --portal "$1:$PORT,1" >/dev/null
  record=/etc/iscsi/nodes/$TARGET/$1,$PORT,1/default
  # A secret among the words of a command could be seen; printf is the shell's own.
  {
    grep -v -e '^node\\.session\\.auth\\.' -e '^iface\\.initiatorname' -e initial_login_retry_max "$record"
    printf 'iface.initiatorname = %s\\n' "$(cat "$of/initiatorname")"
    echo 'node.session.initial_login_retry_max = 1'
    user=$(cat "$of/username")
    if [ -n "$user" ] && [ "$user" != '<NULL>' ]; then
      printf 'node.session.auth.authmethod = CHAP\\n'
      printf 'node.session.auth.username = %s\\n' "$user"
      printf 'node.session.auth.password = %s\\n' "$(cat "$of/password")"
    fi
  } >"$record.new"
  mv "$record.new" "$record"
  iscsiadm --mode node --targetname "$TARGET" --portal "$1:$PORT,1" --login
}

while :; do
  missing=
  for portal in $PORTALS; do
    [ -n "$(session "$portal")" ] || log_in "$portal" || missing=yes
  done
  [ -n "$missing" ] || exit 0
  sleep 15
done
`;

/** tgt, the user-space target of Linux (Debian's package `tgt`): changed live over its socket, started from targets.conf. */
import type { TargetAdapter } from '../adapter.js';
import { LUN, targetsConf } from './conf.js';
import { CONF, checkByTgt, offerByTgt, removeFromTgt, sessionsOfTgt, shownByTgt, withTgtd } from './live.js';

/** `TGT_IPC_NAMESPACE` of tgtadm.h with the number of the control port, tgtd(8). */
const SOCKET = '/var/run/tgtd/socket.0';

/** @param socket path on the host of tgtd's management socket */
export function tgtAdapter(socket = SOCKET): TargetAdapter {
  return {
    lun: LUN,
    tools: ['tgtd', 'tgt-admin'],
    files: [CONF],
    look: (target) => [`tgtadm --op show --mode target | grep -A 60 ${target}`, 'journalctl -fu tgt'],
    render: (offered) => [{ name: CONF, text: targetsConf(offered) }],
    check: (host, offered, portals) =>
      withTgtd(host, socket, async (ask) => {
        await checkByTgt(offered, portals, ask);
      }),
    apply: (host, offered, portals, _ports, options) =>
      withTgtd(host, socket, (ask) => offerByTgt(host, offered, { portals, ...options }, ask)),
    show: (host) => withTgtd(host, socket, shownByTgt),
    sessions: (host) => withTgtd(host, socket, sessionsOfTgt),
    remove: (host, targets) => withTgtd(host, socket, (ask) => removeFromTgt(targets, ask)),
  };
}

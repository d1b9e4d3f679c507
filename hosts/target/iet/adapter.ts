/**
 * IET, the iSCSI Enterprise Target: rendered, and not changed live. Its only way to a running daemon is ietadm(8), which
 * takes secrets in its command line, and a target without an account lets every initiator in. So new targets are offered when
 * ietd starts again. Taking targets away needs no secret.
 */

import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import type { TargetHost } from '../../host/host.js';
import type { OfferedLun, TargetAdapter } from '../adapter.js';
import { disksOf } from '../check.js';
import { refuseBusy, refuseStrange, type Strange } from '../refusals.js';
import { checkIet, ietdConf, initiatorsAllow, LUN } from './conf.js';
import { type IetTarget, parseSessions, parseVolumes } from './proc.js';

const CONF = 'ietd.conf';
const ALLOW = 'initiators.allow';
const VOLUMES = '/proc/net/iet/volume';
const SESSIONS = '/proc/net/iet/session';

export const ietAdapter: TargetAdapter = {
  lun: LUN,
  tools: ['ietd', 'ietadm'],
  files: [CONF, ALLOW],
  byHand: 'Join ietd.conf of the host’s conf/ to that of IET, then restart ietd there.',
  look: () => ['cat /proc/net/iet/volume /proc/net/iet/session', 'journalctl -kf'],
  render: (offered) => [
    { name: CONF, text: ietdConf(offered) },
    { name: ALLOW, text: initiatorsAllow(offered) },
  ],
  check: async (host, offered) => {
    await refuse(host, offered);
  },
  apply: async (host, offered, _portals, ports) => {
    const targets = await refuse(host, offered);
    warn(
      offered.filter(({ target }) => targets.every(({ name }) => name !== target)),
      host,
      ports,
    );
  },
  show: async (host) =>
    parseVolumes(await show(host, VOLUMES)).map(({ name, disks }) => ({
      target: name,
      luns: [...disks].map(([number, disk]) => ({ number, disk })),
    })),
  sessions: async (host) => parseSessions(await show(host, SESSIONS)),
  remove: async (host, names) => {
    const gone = parseVolumes(await show(host, VOLUMES)).filter(({ name }) => names.includes(name));
    const sessions = parseSessions(await show(host, SESSIONS));
    refuseBusy(sessions.filter(({ target }) => names.includes(target)));
    for (const { id, name } of gone) {
      // It refuses while there is a session. Without a number it would stop everything.
      await host.run(['ietadm', '--op', 'delete', `--tid=${id}`], {
        doing: `delete the iSCSI target ${name}`,
      });
    }
  },
};

/** @returns the targets that there are */
async function refuse(host: TargetHost, offered: readonly OfferedLun[]): Promise<readonly IetTarget[]> {
  checkIet(offered);
  const targets = parseVolumes(await show(host, VOLUMES));
  refuseStrange(offered.flatMap((lun) => strange(targets, lun)));
  return targets;
}

function strange(targets: readonly IetTarget[], lun: OfferedLun): Strange[] {
  const { target } = lun;
  const found = targets.find(({ name }) => name === target);
  return disksOf(lun).flatMap(({ disk, readOnly }, index) => {
    const number = LUN + index;
    const path = found?.disks.get(number);
    if (path !== undefined && path !== disk) return [{ target, found: `LUN ${number} is ${path}` }];
    if (readOnly === true) return [];
    const other = targets.find(({ name, disks }) => name !== target && [...disks.values()].includes(disk));
    return other === undefined ? [] : [{ target, found: `its disk ${disk} is offered by ${other.name}` }];
  });
}

function warn(missing: readonly OfferedLun[], { facts }: TargetHost, { emit }: Ports): void {
  if (missing.length === 0) return;
  emit({
    type: 'warning',
    message: `IET on ${facts.name} does not offer ${missing.map(({ target }) => target).join(', ')} yet: it reads accounts only when it starts.`,
    hint: `Join ${facts.root}/conf/ietd.conf and initiators.allow to the files in /etc/iet on that host, then restart ietd there; sessions come back by themselves.`,
  });
}

async function show(host: TargetHost, path: string): Promise<string> {
  const text = await host.read(path);
  if (text !== undefined) return text;
  throw new Failure('host', {
    what: `IET does not run on the target host ${host.facts.name}.`,
    expected: `${path}, which its kernel module makes`,
    found: 'no such file',
    hint: 'Load iscsi_trgt and start ietd on that host.',
  });
}

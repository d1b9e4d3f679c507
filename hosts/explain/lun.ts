/** iPXE's login to the target, and what the firmware reads from the LUN. */
import { SYMPTOM_WORDS } from '../../artifacts/release/symptoms.js';
import { hostLayout } from '../host/layout.js';
import { lunsOf } from '../host/state.js';
import { adapterOf } from '../target/adapters.js';
import type { Link } from './link.js';
import type { Subject } from './subject.js';

/** What to look at where a login fails, by the kind of target. */
export function targetLook({ host, target, watch }: Subject): string[] {
  const { kind, port } = host.target;
  return [
    ...adapterOf(kind).look(target),
    watch(`tcp port ${port}`),
    `npx lunsmith doctor --on ${host.name}    # where the site file is`,
  ];
}

export function targetFiles({ host, client, generation, conf }: Subject): string[] {
  return [
    ...adapterOf(host.target.kind).files.map(conf),
    hostLayout(host).secret(client.name),
    ...(generation === undefined ? [] : lunsOf(generation).map(({ disk }) => disk)),
  ];
}

/** RFC 7143; RFC 4173 for the URI. */
export function sanLogin(subject: Subject): Link {
  const { host, client, lun, target, portal } = subject;
  const { port } = host.target;
  return {
    name: 'san-login',
    title: 'iSCSI: iPXE logs in and has the LUN as a disk',
    says: [
      `iPXE writes the LUN in hexadecimal: ${lun.toString(16)}; the system writes it in decimal: ${lun}.`,
      'What iPXE knows of target, names and account goes on in the iBFT, a table in memory that the initramfs reads.',
    ],
    packets: [
      `TCP client:any -> ${portal}  login of ${client.initiator} to ${target}, CHAP (MD5) as ${client.account}`,
      `TCP client:any -> ${portal}  SCSI commands to LUN ${lun}`,
    ],
    files: targetFiles(subject),
    settings: [
      { name: 'portal', value: portal },
      { name: 'target', value: target },
      { name: 'LUN', value: String(lun) },
      { name: 'initiator', value: client.initiator },
      { name: 'CHAP user', value: client.account },
      { name: 'CHAP secret' },
    ],
    stops: [
      {
        shows: 'Could not open SAN device: Permission denied, or Operation not permitted',
        causes: [
          `${SYMPTOM_WORDS['san-refused']}: user or secret of CHAP is not what the target has`,
          `the target lets in another initiator than ${client.initiator}`,
        ],
        look: targetLook(subject),
      },
      {
        shows: 'Could not open SAN device: Connection timed out, or Connection reset',
        causes: ['the target does not run, or listens elsewhere', `a firewall drops TCP ${port}`],
        look: [`ss -ltnp 'sport = :${port}'`, ...targetLook(subject)],
      },
      {
        shows: 'Could not open SAN device: No such file or directory, or Input/output error',
        causes: [
          'the target has no such name, or no such LUN',
          'the disk behind it is gone, or the host is full',
        ],
        look: [...targetLook(subject), `df -h ${host.root}`],
      },
      {
        shows: 'SAN boot failed, giving up',
        causes: [`${SYMPTOM_WORDS['san-failed']}, three times; then the client’s script is asked for anew`],
        look: targetLook(subject),
      },
    ],
  };
}

/** What is looked at in the running system, each with what was found. */
import type { Manifest } from '../artifacts/release/manifest.js';
import type { Proof } from '../artifacts/release/proof.js';
import { shellWord } from '../base/shell-word.js';
import type { RootPartition } from './disk.js';
import type { GateIdentity } from './identity.js';
import type { Session } from './session.js';
import { UNITS } from './starved.js';

export type Check = Proof['checks'][number];

/** Survives a reboot, and no service touches it. */
const PROOF_FILE = '/var/lib/lunsmith-proof';

export interface Expected {
  readonly manifest: Manifest;
  readonly identity: GateIdentity;
  readonly root: RootPartition;
}

/** After the login: is this the system of the release, and is its root the LUN? */
export async function checkSystem(
  session: Session,
  { manifest, identity, root }: Expected,
): Promise<Check[]> {
  const answer = async (line: string) => (await session.run(line)).text;
  const [device = '', uuid = ''] = (await answer('findmnt --noheadings --output SOURCE,UUID /')).split(/\s+/);
  const path = await answer(`readlink -f /sys/class/block/"$(basename ${shellWord(device)})"`);
  const link = await answer(
    `find /dev/disk/by-path -lname ${shellWord(`*/${device.slice(device.lastIndexOf('/') + 1)}`)}`,
  );
  const sessionOf = (file: string) => answer(`cat /sys/class/iscsi_session/*/${file}`);
  const target = await sessionOf('targetname');
  const initiator = await sessionOf('initiatorname');
  const kernel = await answer('uname -r');
  const state = await answer('systemctl is-system-running --wait');
  const failed = await answer('systemctl list-units --failed --plain --no-legend --full | cut -d " " -f 1');
  return [
    check(
      'root is on iSCSI',
      /\/session\d+\/.*\/block\//.test(path) && link.includes('-iscsi-'),
      `${device} is ${link || path || 'unknown'}`,
    ),
    check('root file system', uuid === root.uuid, `UUID ${uuid}`),
    check(
      'iSCSI session',
      target === identity.target && initiator === identity.initiator,
      `${initiator} at ${target}`,
    ),
    check('kernel', kernel === manifest.kernel?.version, kernel),
    check(
      UNITS,
      failed === '',
      failed === '' ? `none failed, system ${state}` : `failed: ${failed.replaceAll('\n', ', ')}`,
    ),
  ];
}

/** Writes a word to a file on the LUN and has it written out. */
export async function writeToken(session: Session, { token }: GateIdentity): Promise<Check> {
  const { status, text } = await session.run(`echo ${token} > ${PROOF_FILE} && sync`);
  return check('write a file', status === 0, status === 0 ? PROOF_FILE : text);
}

/** Looks for the word after the reboot. */
export async function readToken(session: Session, { token }: GateIdentity): Promise<Check> {
  const { text } = await session.run(`cat ${PROOF_FILE}`);
  return check(
    'the file is there after the reboot',
    text === token,
    text === token ? PROOF_FILE : text.slice(0, 200),
  );
}

export function check(name: string, passed: boolean, found: string): Check {
  return { name, passed, found };
}

/** What is looked at in the running system, each with what was found. */
import type { Manifest } from '../artifacts/release/manifest.js';
import type { Proof } from '../artifacts/release/proof.js';
import { shellWord } from '../base/shell-word.js';
import type { RootPartition } from './disk.js';
import type { GateIdentity } from './identity.js';
import type { Session } from './session.js';
import { UNITS } from './starved.js';

export type Check = Proof['checks'][number];

/** Prints `MAJOR:MINOR` of what is mounted on `/`, or of what lies below it where that is an overlay, see proc_pid_mountinfo(5). */
const ROOT_DEVICE =
  `awk '{ device[$5] = $3 } $5 == "/" { lower = match($0, /lowerdir=[^,]*/) ? substr($0, RSTART + 9, RLENGTH - 9) : "/" } ` +
  `END { print device[lower] }' /proc/self/mountinfo`;
/** Prints the device that a Btrfs on `/` names: its number is that of no device, since it may have several. */
const BTRFS_DEVICE = `awk '$5 == "/" { for (i = 7; $i != "-"; i++); source = $(i + 2) } END { print source }' /proc/self/mountinfo`;
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
  const place =
    root.filesystem === 'btrfs'
      ? `/sys/class/block/"$(basename "$(readlink -f "$(${BTRFS_DEVICE})")")"`
      : `/sys/dev/block/"$(${ROOT_DEVICE})"`;
  const path = await answer(`readlink -f ${place}`);
  const device = `/dev/${path.slice(path.lastIndexOf('/') + 1)}`;
  const found = await answer(`findfs UUID=${shellWord(root.uuid)}`);
  const sessionOf = (file: string) => answer(`cat /sys/class/iscsi_session/*/${file}`);
  const target = await sessionOf('targetname');
  const initiator = await sessionOf('initiatorname');
  const kernel = await answer('uname -r');
  return [
    // sysfs names the session that a disk hangs on.
    check('root is on iSCSI', /\/session\d+\/.*\/block\//.test(path), `${device} is ${path || 'unknown'}`),
    check('root file system', found === device, `UUID ${root.uuid} is ${found}`),
    check(
      'iSCSI session',
      target === identity.target && initiator === identity.initiator,
      `${initiator} at ${target}`,
    ),
    check('kernel', kernel === manifest.kernel?.version, kernel),
    ...(manifest.vlan === undefined ? [] : [await checkVlan(answer, manifest.vlan)]),
    ...((await hasSystemd(session)) ? [await checkUnits(answer)] : []),
  ];
}

/** sd_booted(3) */
async function hasSystemd(session: Session): Promise<boolean> {
  return (await session.run('test -d /run/systemd/system')).status === 0;
}

/** Each has a file with its name and id (the kernel's net/8021q/vlanproc.c); in the gate's network it alone leads to the target. */
async function checkVlan(answer: (line: string) => Promise<string>, id: number): Promise<Check> {
  const [, name, found] = /^(\S+)\s+VID: (\d+)/.exec(await answer("grep -h ' VID: ' /proc/net/vlan/*")) ?? [];
  const portal = await answer('cat /sys/class/iscsi_connection/*/persistent_address');
  const passed = found === String(id);
  return check(
    'VLAN of the boot NIC',
    passed,
    `${name ?? 'none'} with the tag ${found ?? 'none'}, target at ${portal}`,
  );
}

async function checkUnits(answer: (line: string) => Promise<string>): Promise<Check> {
  const state = await answer('systemctl is-system-running --wait');
  const failed = await answer('systemctl list-units --failed --plain --no-legend --full | cut -d " " -f 1');
  return check(
    UNITS,
    failed === '',
    failed === '' ? `none failed, system ${state}` : `failed: ${failed.replaceAll('\n', ', ')}`,
  );
}

/** The command by which the system stops itself. */
export async function stopCommand(session: Session, how: 'reboot' | 'poweroff'): Promise<string> {
  return (await hasSystemd(session)) ? `systemctl ${how}` : how;
}

/** Writes a word to a file on the LUN and has it written out. */
export async function writeToken(session: Session, { token }: GateIdentity): Promise<Check> {
  const { status, text } = await session.run(`echo ${token} > ${PROOF_FILE} && sync`);
  return check('write a file', status === 0, status === 0 ? PROOF_FILE : text);
}

/** Looks for the word after the reboot: it is there, or gone where what is written lies in memory. */
export async function readToken(
  session: Session,
  { token }: GateIdentity,
  { disk }: Pick<Manifest, 'disk'>,
): Promise<Check> {
  const { text, status } = await session.run(`cat ${PROOF_FILE}`);
  if (disk.overlay !== undefined) {
    const gone = status !== 0;
    return check('nothing that was written is there after the reboot', gone, gone ? 'no file' : PROOF_FILE);
  }
  return check(
    'the file is there after the reboot',
    text === token,
    text === token ? PROOF_FILE : text.slice(0, 200),
  );
}

export function check(name: string, passed: boolean, found: string): Check {
  return { name, passed, found };
}

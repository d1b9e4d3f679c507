/** Programs that the host needs. */
import type { TargetHost } from '../host/host.js';
import { installWords } from '../host/package-of.js';
import type { CloneKind } from '../site/facts.js';
import type { TargetAdapter } from '../target/adapter.js';
import type { Finding } from './finding.js';

/** Of coreutils or busybox, util-linux, grep and perl-base. */
const ALWAYS = [
  'flock',
  'perl',
  'sha256sum',
  'dd',
  'stat',
  'find',
  'grep',
  'sed',
  'cut',
  'truncate',
  'install',
  'mv',
  'cp',
];
/** What makes LUNs, and enlarges them. */
const CLONES: Readonly<Record<CloneKind['kind'], readonly string[]>> = {
  file: [],
  lvm: ['lvs', 'lvcreate', 'lvchange', 'lvextend', 'lvremove', 'lvrename', 'blockdev'],
  zfs: ['zfs', 'udevadm', 'blockdev'],
};
const ENLARGING = ['sfdisk', 'resize2fs', 'dumpe2fs', 'debugfs'];

const MISSING = 'for tool; do command -v "$tool" >/dev/null 2>&1 || echo "$tool"; done';

/** @param enlarges whether a client's LUN is larger than an image may be */
export async function toolFindings(
  host: TargetHost,
  { tools }: Pick<TargetAdapter, 'tools'>,
  enlarges: boolean,
): Promise<Finding[]> {
  const { facts } = host;
  const needed = [...ALWAYS, ...CLONES[facts.clone.kind], ...(enlarges ? ENLARGING : []), ...tools];
  const { stdout } = await host.run(['sh', '-c', MISSING, 'sh', ...needed], {
    doing: `look for programs on ${facts.name}`,
    quiet: true,
  });
  return stdout
    .split('\n')
    .filter((tool) => tool !== '')
    .map((tool) => ({
      ...{ level: 'error', about: 'tools', what: `The program ${tool} is missing.`, where: facts.name },
      ...{ expected: `${tool} on the PATH of the user that connects`, found: 'nothing' },
      hint: `Install it there: ${installWords(tool)}.`,
    }));
}

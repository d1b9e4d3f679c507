/** Secrets that are missing, that other users may read, or that lie where they do not belong. They are never shown. */
import { posix } from 'node:path';
import { notTakeable } from '../apply/secrets.js';
import type { BootFile, ClientAccount } from '../boot-files/boot-file.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import { folderProblem } from '../host/modes.js';
import type { HostState } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import { secretForms } from './difference.js';
import type { ExpectedFolder } from './expected.js';
import { type Finding, repairHint } from './finding.js';
import type { Entries, Entry } from './survey.js';

/** Pure: each client has an account, and it is the one of the state. */
export function accountFindings(
  facts: HostFacts,
  { clients }: HostState,
  accounts: ReadonlyMap<string, ClientAccount>,
): Finding[] {
  const { secret } = hostLayout(facts);
  const finding = (client: string, what: string, expected: string, found: string): Finding => ({
    ...{ level: 'error', about: 'secrets', what, where: secret(client), expected, found },
    hint: `Bring it there again: npx lunsmith client rotate ${client}`,
  });
  return Object.entries(clients).flatMap(
    ([
      client,
      {
        facts: { account },
      },
    ]) => {
      const there = accounts.get(client);
      if (there === undefined) {
        return [
          finding(
            client,
            `The CHAP account of ${client} is not on the host.`,
            'its user and secret',
            'nothing, or something else',
          ),
        ];
      }
      const refused = notTakeable(facts, accounts, client);
      if (refused !== undefined) {
        const what = `${client} cannot log in. ${refused.what}`;
        return [finding(client, what, refused.expected ?? 'another', refused.found ?? 'not shown')];
      }
      if (there.user === account) return [];
      return [
        finding(
          client,
          `The CHAP account of ${client} is another than that of the state.`,
          account,
          there.user,
        ),
      ];
    },
  );
}

const READ_BY_GROUP = 0o040;
const BY_OTHERS = 0o007;
const WRITE_BY_OTHERS = 0o002;

/** Pure: modes of files that hold a secret, and world-writable files. */
export function modeFindings(
  facts: HostFacts,
  expected: readonly ExpectedFolder[],
  entries: Entries,
): Finding[] {
  const secret = expected.flatMap(({ folder, files }) =>
    files.filter((file) => file.secret).map((file: BootFile) => posix.join(folder, file.path)),
  );
  const kept = [...entries.keys()].filter((path) => /^(secrets|states\/\d+\/secrets)\/[^/]+$/.test(path));
  return [...entries].flatMap(([path, entry]) => {
    const where = posix.join(facts.root, path);
    if (entry.type === 'file' && [...secret, ...kept].includes(path))
      return openSecret(facts, path, where, entry);
    if (entry.type === 'folder') return folderFinding(facts, path, entry);
    if (entry.type === 'link' || (entry.mode & WRITE_BY_OTHERS) === 0) return [];
    return [
      {
        ...({
          level: 'error',
          about: 'secrets',
          what: `Everybody on the host may change a ${entry.type}.`,
          where,
        } as const),
        ...{ expected: 'nobody but its owner may write', found: `mode ${octal(entry)}` },
        hint: `Run there: chmod o-w ${where}`,
      },
    ];
  });
}

/** Folders that are closed to who must enter them, or open to who must not. */
function folderFinding({ name, root }: HostFacts, path: string, entry: Entry): Finding[] {
  const problem = folderProblem(path, entry.mode);
  if (problem === undefined) return [];
  const open = (entry.mode & WRITE_BY_OTHERS) !== 0;
  const secret = !open && problem.mended === 0o700;
  const words = open
    ? (['secrets', 'Everybody on the host may change a folder.'] as const)
    : secret
      ? (['secrets', 'A folder with secrets is open to others.'] as const)
      : (['files', 'A folder is closed to the servers that read from it.'] as const);
  return [
    {
      ...{ level: 'error', about: words[0], what: words[1], where: posix.join(root, path) },
      ...{ expected: problem.expected, found: `mode ${octal(entry)}` },
      hint: repairHint(name),
    },
  ];
}

function openSecret({ name, http, tftp }: HostFacts, path: string, where: string, entry: Entry): Finding[] {
  const pi = path.includes('/http/pi/');
  // Everybody on the network may load it: where the TFTP server has no group of its own, everybody on the host may read it.
  if (pi && tftp?.group === undefined && (entry.mode & 0o022) === 0) return [];
  const group = pi ? tftp?.group : http.group;
  const served = path.includes('/http/') && group !== undefined;
  const allowed = served && entry.group === group ? READ_BY_GROUP : 0;
  if ((entry.mode & (READ_BY_GROUP | BY_OTHERS | 0o020) & ~allowed) === 0) return [];
  const mode = served ? '640' : '600';
  return [
    {
      ...{ level: 'error', about: 'secrets', what: 'A file with a secret is open to others.', where },
      expected: served ? `mode ${mode}, group ${group}` : `mode ${mode}`,
      found: `mode ${octal(entry)}, group ${entry.group}`,
      hint: `${repairHint(name)}. Then give the client another secret: npx lunsmith client rotate CLIENT`,
    },
  ];
}

function octal({ mode }: Entry): string {
  return mode.toString(8).padStart(3, '0');
}

/** The secrets come by standard input, so no process shows them; the answer is the names of files only. */
const SEARCH = `
cd -- "$1" || exit 0
set --
for name in states tftp conf lock publishing; do [ ! -e "$name" ] || set -- "$@" "./$name"; done
[ $# -eq 0 ] || grep -rlF -f - -- "$@"
`;

/** Files that hold a secret and are world-readable, or handed to every client. */
export async function leakFindings(
  host: TargetHost,
  accounts: ReadonlyMap<string, ClientAccount>,
  entries: Entries,
): Promise<Finding[]> {
  const forms = [...accounts].map(([client, { secret }]) => ({ client, forms: secretForms(secret) }));
  const patterns = forms.flatMap((each) => each.forms);
  if (patterns.length === 0) return [];
  const { root, tftp } = hostLayout(host.facts);
  const { stdout } = await host.run(['sh', '-c', SEARCH, 'sh', root], {
    doing: `look for secrets in ${root}`,
    input: `${patterns.join('\n')}\n`,
    quiet: true,
    okExitCodes: [0, 1],
  });
  const paths = stdout.split('\n').flatMap((line) => (line.startsWith('./') ? [line.slice(2)] : []));
  const findings: Finding[] = [];
  for (const path of paths.filter((each) => mayNotHold(each, entries.get(each))).sort()) {
    const where = posix.join(root, path);
    const text = (await host.read(where)) ?? '';
    const whose = forms
      .filter((each) => each.forms.some((form) => text.includes(form)))
      .map(({ client }) => client);
    findings.push({
      ...{
        level: 'error',
        about: 'secrets',
        what: `The CHAP secret of ${whose.join(', ') || 'a client'} stands where it does not belong.`,
      },
      where,
      expected: 'secrets in files that nobody but their owner, or the HTTP server, can read',
      found: where.startsWith(`${tftp}/`)
        ? 'a file that is handed to everybody'
        : 'a file that others can read, or that is shown',
      hint: `Remove it from there, then give each of them another secret: npx lunsmith client rotate ${whose[0] ?? 'CLIENT'}`,
    });
  }
  return findings;
}

/** Those that are known to hold one are judged by their mode alone. */
function mayNotHold(path: string, entry: Entry | undefined): boolean {
  if (/^states\/\d+\/secrets\//.test(path)) return false;
  if (path.startsWith('tftp/') || /^states\/\d+\/state\.json$/.test(path)) return true;
  if (/^states\/\d+\/http\/clients\/[^/]+\/(account\.ipxe|[^/]+\.cpio)$/.test(path)) return false;
  if (/^states\/\d+\/http\/pi\/[^/]+\/client\.cpio$/.test(path)) return false;
  return entry !== undefined && (entry.mode & BY_OTHERS) !== 0;
}

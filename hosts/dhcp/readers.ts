/** Which DHCP servers of a host read our files, whether they serve others too, and whether they would start with what they read. */
import { Failure } from '../../base/failure.js';
import type { Argv } from '../../base/ports.js';
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';
import type { HostFacts } from '../site/facts.js';

/** A kind of DHCP server that there are files for. */
export interface DhcpServer {
  readonly program: string;
  /** In `conf/`: the whole configuration of a server of our own. */
  readonly own: string;
  /** In `conf/`: what a server that serves others includes; absent: nothing can be included. */
  readonly include?: string;
  /** Where its own configuration lies, in Debian. */
  readonly configuration: readonly string[];
  /** Checks the whole configuration, as Debian starts it. */
  readonly check: Argv;
  /** The same of a file alone. */
  readonly checkFile: (path: string) => Argv;
  /** An option that makes its command line check and end. */
  readonly checkOption: string;
  /** A line of a configuration by which it serves clients; those that name our files are left out. */
  readonly serves: RegExp;
  /** The line that reads one of our files, and where it belongs. */
  readonly line: (path: string) => string;
}

const DNSMASQ: Omit<DhcpServer, 'include'> = {
  program: 'dnsmasq',
  own: 'dnsmasq.conf',
  configuration: ['/etc/dnsmasq.conf', '/etc/dnsmasq.d'],
  check: ['dnsmasq', '--test', '-7', '/etc/dnsmasq.d,.dpkg-dist,.dpkg-old,.dpkg-new'],
  checkFile: (path) => ['dnsmasq', '--test', `--conf-file=${path}`],
  checkOption: '--test',
  // Without a word of it dnsmasq is a DNS server already; one that was not configured is not relied on.
  serves: /^(?!port=0$|conf-(?:file|dir)=)[a-z]/,
  line: (path) => `conf-file=${path} in a file of /etc/dnsmasq.d`,
};
const DHCPD: DhcpServer = {
  program: 'dhcpd',
  own: 'dhcpd.conf',
  include: 'dhcpd.include',
  configuration: ['/etc/dhcp/dhcpd.conf'],
  check: ['dhcpd', '-4', '-t', '-cf', '/etc/dhcp/dhcpd.conf'],
  checkFile: (path) => ['dhcpd', '-4', '-t', '-cf', path],
  checkOption: '-t',
  serves: /^(?:subnet|shared-network|host|group|class|pool|range|filename|next-server)\b/,
  line: (path) => `include "${path}"; in the declaration of the subnet in /etc/dhcp/dhcpd.conf`,
};

/** The server of a host; undefined where it has none of ours. */
export function dhcpServer({ dhcp }: Pick<HostFacts, 'dhcp'>): DhcpServer | undefined {
  switch (dhcp.kind) {
    case 'none':
      return undefined;
    case 'isc-dhcpd':
      return DHCPD;
    case 'dnsmasq':
      return { ...DNSMASQ, include: 'dnsmasq.include' };
    case 'dnsmasq-proxy':
      return DNSMASQ;
  }
}

export interface DhcpReaders {
  /** Whether any process of the program is there. */
  readonly running: boolean;
  /** Whether the program is on the host. */
  readonly installed: boolean;
  /** Command lines of the processes that read one of our files, as far as the host tells. */
  readonly commands: readonly Argv[];
  /** Which of our files a configuration or a command line names, and where: a path, or `its command line`. */
  readonly named: readonly { readonly file: string; readonly by: string }[];
  /** Lines by which clients of others are served, in the configurations that name one of our files: `/etc/dnsmasq.conf:12: …`. */
  readonly others: readonly string[];
  /** Whether the site's `reload` is still to be done. */
  readonly unread: boolean;
}

/**
 * `$1`: program; `$2`: our folder; then its configuration. Of a process the words of its command line, each on a line of its own; a
 * word with a line break in it is none of a DHCP server. Of the configuration the lines that name our folder, and the first ones
 * that say anything: some name a hundred thousand hosts.
 */
const LOOK = `
program=$1 conf=$2
shift 2
! command -v "$program" >/dev/null || echo installed
[ ! -e "$conf/../states/reload" ] || echo unread
words() {
  for process in /proc/[0-9]*; do
    [ "$(cat "$process/comm" 2>/dev/null)" = "$program" ] || continue
    echo process
    tr '\\000' '\\n' 2>/dev/null <"$process/cmdline" | sed 's/^/word /'
  done
}
words
{
  for path; do [ ! -e "$path" ] || find -L "$path" -type f; done
  words | sed -n 's/^word \\(-C\\|--conf-file=\\)\\{0,1\\}\\(\\/.*\\.[a-z]*\\)$/\\2/p'
} | sort -u | while IFS= read -r file; do
  case $file in "$conf"/*) continue ;; esac
  [ -f "$file" ] || continue
  { grep -nF -- "$conf" "$file"; grep -n '^[[:space:]]*[a-z]' "$file" | head -n 50; } 2>/dev/null |
    while IFS= read -r line; do printf 'line %s:%s\\n' "$file" "$line"; done
done
exit 0
`;

export async function dhcpReaders(host: TargetHost, server: DhcpServer): Promise<DhcpReaders> {
  const { facts } = host;
  const { conf } = hostLayout(facts);
  const { program, configuration } = server;
  const { stdout } = await host.run(['sh', '-c', LOOK, 'sh', program, conf, ...configuration], {
    doing: `look at the DHCP server of ${facts.name}`,
    quiet: true,
  });
  return readersIn(stdout.split('\n'), conf, server);
}

/** @param lines of the script above @param conf absolute path of our folder on the host */
export function readersIn(lines: readonly string[], conf: string, server: DhcpServer): DhcpReaders {
  const processes: string[][] = [];
  const texts = new Map<string, { readonly path: string; readonly text: string }>();
  for (const line of lines) {
    if (line === 'process') processes.push([]);
    if (line.startsWith('word ')) processes.at(-1)?.push(line.slice('word '.length));
    const [, place, path, text] = /^line ((.+?):\d+):\s*(.*)$/.exec(line) ?? [];
    if (place === undefined || path === undefined || text === undefined) continue;
    if (text !== '' && !text.startsWith('#')) texts.set(place, { path, text });
  }
  const files = [server.own, ...(server.include === undefined ? [] : [server.include])];
  const filesIn = (text: string) => files.filter((file) => text.includes(`${conf}/${file}`));
  // A whole folder with what ends so, in dnsmasq.
  const whole = (text: string) => (text.startsWith('conf-dir=') && text.includes(conf) ? [server.own] : []);
  const byFile = [...texts.values()].flatMap(({ path, text }) =>
    [...filesIn(text), ...whole(text)].map((file) => ({ file, by: path })),
  );
  const reads = (words: readonly string[]) => filesIn(words.join('\n'));
  // What is read together: the usual places, or the file that a command line names.
  const together = (path: string) =>
    server.configuration.some((each) => path === each || path.startsWith(`${each}/`)) ? '' : path;
  const mixed = new Set(byFile.map(({ by }) => together(by)));
  const others = [...texts].filter(
    ([, { path, text }]) => mixed.has(together(path)) && server.serves.test(text) && !text.includes(conf),
  );
  return {
    installed: lines.includes('installed'),
    running: processes.length > 0,
    unread: lines.includes('unread'),
    commands: processes
      .filter((words) => reads(words).length > 0 || byFile.some(({ by }) => names(words, by, server)))
      .flatMap(([tool, ...words]) => (tool === undefined ? [] : [[tool, ...words] as const])),
    named: [...byFile, ...processes.flatMap(reads).map((file) => ({ file, by: COMMAND_LINE }))],
    others: others.map(([place, { text }]) => `${place}: ${text}`),
  };
}

const COMMAND_LINE = 'its command line';

/** Whether a command line reads a file: it names it, or no other, as libvirt's dnsmasq does, and the file lies in a usual place. */
function names(words: readonly string[], file: string, { configuration }: DhcpServer): boolean {
  if (words.some((word) => word.endsWith(file))) return true;
  const usual = configuration.find((path) => file === path || file.startsWith(`${path}/`));
  if (usual === undefined) return false;
  return (
    words.some((word) => word.includes(usual)) || !words.some((word) => /^(?:-C|--conf-file|-cf)/.test(word))
  );
}

/**
 * Lets the server check the whole configuration that it reads: as it was started, or as it would be.
 * @throws Failure of kind `tool` with the server's own words when it would not start
 */
export async function checkDhcp(host: TargetHost): Promise<void> {
  const { facts } = host;
  const server = dhcpServer(facts);
  if (server === undefined) return;
  const readers = await dhcpReaders(host, server);
  // Whatever `reload` does then, it is not this program.
  if (!readers.installed) return;
  const { conf } = hostLayout(facts);
  const running = readers.commands.map(([tool, ...words]): Argv => [tool, server.checkOption, ...words]);
  const atStart = readers.named.length > 0 ? server.check : server.checkFile(`${conf}/${server.own}`);
  for (const argv of running.length > 0 ? running : [atStart]) {
    await host
      .run(argv, { doing: `check the configuration of ${server.program} on ${facts.name}` })
      .catch((error: unknown) => {
        if (!(error instanceof Failure) || error.command === undefined || error.kind === 'network')
          throw error;
        throw new Failure(
          'tool',
          {
            what: `${server.program} on ${facts.name} would not start with its configuration: it was not told to read it.`,
            expected: `\`${argv.join(' ')}\` to end well`,
            found:
              error.command.lastLines.findLast((line) => /error|line \d|bad |declared|expect/i.test(line)) ??
              error.diagnostics[0].found ??
              '',
            hint: 'The server that runs goes on with what it has read before. Mend its configuration; our files in it are made anew by every change.',
          },
          { cause: error, command: error.command },
        );
      });
  }
}

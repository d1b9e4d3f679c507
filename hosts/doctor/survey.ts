/** What lies in the folder of a target host: names, modes, links and digests, by a few scripts of POSIX sh. */
import type { TargetHost } from '../host/host.js';
import { hostLayout } from '../host/layout.js';

export interface Entry {
  readonly type: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits. */
  readonly mode: number;
  /** Name of the group. */
  readonly group: string;
  /** Of a file. */
  readonly bytes: number;
  /** Where a link leads to, as it stands there. */
  readonly link?: string;
  /** Of files that clients or servers read. */
  readonly sha256?: string;
}

/** By path relative to the root, which is `.` itself. Of releases, LUNs and what is on its way only the folders are there. */
export type Entries = ReadonlyMap<string, Entry>;

/** `-exec stat`, as busybox's find has no -printf. */
const SURVEY = `
cd -- "$1" 2>/dev/null || exit 0
find . \\( -path './releases/*/*' -o -path './incoming/*/*' -o -path './clients/*/*' \\) -prune -o -exec stat -c 'entry %f %s %G %n' {} +
[ ! -d releases ] || find ./releases -path './releases/*/*' -type d -exec stat -c 'entry %f %s %G %n' {} +
find . \\( -path './releases/*/*' -o -path './incoming/*/*' -o -path './clients/*/*' \\) -prune -o -type l -print |
  while IFS= read -r link; do printf 'link %s\\nto %s\\n' "$link" "$(readlink "$link")"; done
set -- tftp conf
state=$(readlink current) && [ -d "$state/http" ] && set -- "$@" "$state/http"
for folder; do [ ! -d "$folder" ] || find "./$folder" -type f -exec sha256sum {} + | sed 's/^/sha256 /'; done
`;

export async function survey(host: TargetHost): Promise<Entries> {
  const { root } = hostLayout(host.facts);
  const { stdout } = await host.run(['sh', '-c', SURVEY, 'sh', root], {
    doing: `look at ${root} on ${host.facts.name}`,
    quiet: true,
  });
  return readSurvey(stdout);
}

const TYPES: Readonly<Record<number, Entry['type']>> = {
  0o100000: 'file',
  0o040000: 'folder',
  0o120000: 'link',
};

/** Pure: lines that it does not know are left out. */
function readSurvey(text: string): Entries {
  const entries = new Map<string, Entry>();
  const add = (path: string, more: Partial<Entry>) => {
    const entry = entries.get(path);
    if (entry !== undefined) entries.set(path, { ...entry, ...more });
  };
  let link = '';
  for (const line of text.split('\n')) {
    const [, raw, bytes, group, path] = /^entry ([0-9a-f]+) (\d+) (\S+) (?:\.\/)?(.+)$/.exec(line) ?? [];
    if (raw !== undefined && path !== undefined) {
      const bits = Number.parseInt(raw, 16);
      const type = TYPES[bits & 0o170000] ?? 'other';
      entries.set(path, { type, mode: bits & 0o7777, group: group ?? '', bytes: Number(bytes) });
    }
    link = /^link \.\/(.+)$/.exec(line)?.[1] ?? link;
    const to = /^to (.*)$/.exec(line)?.[1];
    if (to !== undefined) add(link, { link: to });
    const [, sha256, file] = /^sha256 ([0-9a-f]{64}) [ *]\.\/(.+)$/.exec(line) ?? [];
    if (sha256 !== undefined && file !== undefined) add(file, { sha256 });
  }
  return entries;
}

/** Paths by standard input, for there may be many. Prints the size of each file or block device, and its mode. */
const SIZES = `
while IFS= read -r path; do
  if [ -b "$path" ]; then echo "block $(blockdev --getsize64 "$path") $path"
  elif [ -f "$path" ]; then stat -L -c '%a %s %n' -- "$path"
  fi
done
`;

export interface Size {
  readonly bytes: number;
  /** Permission bits; undefined for a block device. */
  readonly mode?: number;
}

/** Sizes of files and block devices by their absolute paths; of those that are there. */
export async function sizesOf(
  host: TargetHost,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Size>> {
  if (paths.length === 0) return new Map();
  const { stdout } = await host.run(['sh', '-c', SIZES], {
    doing: `ask for the sizes of files on ${host.facts.name}`,
    input: `${paths.join('\n')}\n`,
    quiet: true,
  });
  return new Map(
    stdout.split('\n').flatMap((line) => {
      const [, mode, bytes, path] = /^(block|[0-7]+) (\d+) (.+)$/.exec(line) ?? [];
      if (mode === undefined || path === undefined) return [];
      const size = mode === 'block' ? {} : { mode: Number.parseInt(mode, 8) };
      return [[path, { bytes: Number(bytes), ...size }] as const];
    }),
  );
}

const DIGESTS = 'while IFS= read -r path; do [ ! -f "$path" ] || sha256sum -- "$path"; done';

/** sha256 of files by their absolute paths; of those that are there. */
export async function digestsOf(
  host: TargetHost,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (paths.length === 0) return new Map();
  const { stdout } = await host.run(['sh', '-c', DIGESTS], {
    doing: `read files on ${host.facts.name}`,
    input: `${paths.join('\n')}\n`,
    quiet: true,
  });
  return new Map(
    stdout.split('\n').flatMap((line) => {
      const [, sha256, path] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      return sha256 === undefined || path === undefined ? [] : [[path, sha256] as const];
    }),
  );
}

/** Options that several commands have, and how their values are read. */
import { homedir } from 'node:os';
import path from 'node:path';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { hasCredentials } from '../base/url.js';
import type { Terminal } from './terminal.js';

export const jsonOption = () =>
  new Option('--json', 'print events as JSON lines, and nothing else').conflicts(['plain', 'verbose']);
export const plainOption = () =>
  new Option('--plain', 'print lines instead of a live tree, also on a terminal');
export const verboseOption = () => new Option('--verbose', 'show every line that tools print');

export const mirrorOption = () =>
  new Option('--mirror <url>', 'mirror of packages in place of the recipe’s and the host’s')
    .env('LUNSMITH_MIRROR')
    .argParser(parseMirror);

export const indexAgeOption = () =>
  new Option(
    '--index-age <time>',
    'ask archives that were asked within it for nothing new, such as 10m; of recipes without a lock',
  )
    .env('LUNSMITH_INDEX_AGE')
    .argParser(parseTime)
    .default(0, 'ask each time');

export const workspaceOption = ({ env }: Terminal) =>
  new Option('--workspace <dir>', 'folder for work in progress and logs')
    .env('LUNSMITH_WORKSPACE')
    .default(defaultWorkspace(env), '$XDG_CACHE_HOME/lunsmith or ~/.cache/lunsmith');

export const outputOption = () =>
  new Option('-o, --output <dir>', 'folder that releases appear in, as DIR/RECIPE/latest').default('out');

export const setOption = () =>
  new Option('--set <name=value>', 'give a variable of the recipe a value; may be repeated').argParser(
    parseSetting,
  );

export const accelOption = () =>
  new Option('--accel <kind>', 'how QEMU runs the client; auto probes KVM and falls back to TCG')
    .choices(['auto', 'kvm', 'tcg'] as const)
    .default('auto' as const);

/** XDG Base Directory Specification 0.8: a relative XDG_CACHE_HOME is ignored. */
function defaultWorkspace(env: Terminal['env']): string {
  const { XDG_CACHE_HOME: cache } = env;
  const home =
    cache !== undefined && path.isAbsolute(cache) ? cache : path.join(env.HOME ?? homedir(), '.cache');
  return path.join(home, 'lunsmith');
}

function parseMirror(text: string): string {
  if (hasCredentials(text)) {
    throw new InvalidArgumentError(
      'A URL must not hold a user or a password, which every process sees: name a file with them as `auth` of the `debootstrap` step.',
    );
  }
  if (URL.canParse(text) && ['http:', 'https:', 'file:'].includes(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('Expected a URL such as http://mirror.example.org/debian.');
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A time in seconds. */
function parseTime(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  const seconds = SECONDS[unit];
  if (seconds !== undefined) return Number(count) * seconds;
  throw new InvalidArgumentError('Expected a time such as 30s, 10m, 2h or 1d.');
}

/** One `name=value`, added to those before it. */
function parseSetting(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected NAME=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** A comma-separated list of known words, each at most once, in the order in which they are known. */
export function parseWords<Word extends string>(known: readonly Word[]): (text: string) => readonly Word[] {
  return (text) => {
    const given = text.split(',').map((word) => word.trim());
    const unknown = given.find((word) => !(known as readonly string[]).includes(word));
    if (unknown !== undefined) {
      throw new InvalidArgumentError(
        `Expected ${known.join(', ')}, or several with commas between them; found \`${unknown}\`.`,
      );
    }
    return known.filter((word) => given.includes(word));
  };
}

/** A TCP port. */
export function parsePort(text: string): number {
  const port = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('Expected a TCP port, 1 to 65535.');
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a whole number, at least 1.');
  return Number(text);
}

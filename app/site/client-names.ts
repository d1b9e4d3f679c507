/** Which clients of the site a command is about. */
import { Failure } from '../../base/failure.js';
import type { ClientFacts, Site } from '../../hosts/site/facts.js';
import { clientNamed } from './open.js';

/** Names that one pattern may stand for. */
const MOST = 1000;

export interface Selection {
  /** Names and ranges such as `web[01-30]`. */
  readonly names: readonly string[];
  /** All clients of the site instead. */
  readonly all?: true | undefined;
}

/** The names, each once, in the order in which they were given. @throws Failure of kind `usage` for a range that is none */
export function namesOf(patterns: readonly string[]): string[] {
  return [...new Set(patterns.flatMap(expand))];
}

/** @throws Failure of kind `usage` when the site has no such client, or none was named */
export function selectClients(site: Site, { names, all }: Selection): readonly ClientFacts[] {
  if (all !== true) {
    if (names.length > 0) return namesOf(names).map((name) => clientNamed(site, name));
    throw new Failure('usage', {
      what: 'No client was named.',
      expected: 'names such as `web1 web2`, a range such as `web[01-30]`, or --all',
    });
  }
  if (names.length === 0) return site.clients;
  throw new Failure('usage', {
    what: 'Clients were named, and all were asked for too.',
    expected: 'either names or --all',
    found: names.join(' '),
  });
}

/** Numbers are counted up with as many digits as the first has. */
function expand(pattern: string): string[] {
  if (!pattern.includes('[')) return [pattern];
  const [, before = '', first = '', last = '', after = ''] =
    /^([^[]*)\[(\d{1,9})-(\d{1,9})\](.*)$/.exec(pattern) ?? [];
  const ends = first === '' ? [] : expand(after);
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || ends.length === 0 || count * ends.length > MOST) {
    throw new Failure('usage', {
      what: `\`${pattern}\` is no range of clients.`,
      expected: `a range such as \`web[01-30]\`, of at most ${MOST} names`,
    });
  }
  return Array.from({ length: count }, (_, index) =>
    String(Number(first) + index).padStart(first.length, '0'),
  ).flatMap((number) => ends.map((end) => `${before}${number}${end}`));
}

/** Machines of ISC's dhcpd: declarations of `host` in dhcpd.conf(5), and dhcpd.leases(5), of which the last entry for a card counts. */
import type { Machine } from './machine.js';

interface Token {
  readonly text: string;
  readonly line: number;
}

export function parseIsc(text: string): Machine[] {
  const tokens = tokensOf(text);
  const hosts: Machine[] = [];
  const leases = new Map<string, Machine>();
  for (const [index, { text: word, line }] of tokens.entries()) {
    const name = tokens[index + 1]?.text;
    if (name === undefined || tokens[index + 2]?.text !== '{' || !startsStatement(tokens, index)) continue;
    const says = statements(tokens, index + 3);
    const mac = says.get('hardware')?.[1];
    if (mac === undefined) continue;
    if (word === 'host') {
      // Several addresses are of several networks; which of them is meant nobody says.
      const fixed = says.get('fixed-address') ?? [];
      const [address] = fixed.length === 1 && /^[\d.]+$/.test(fixed[0] ?? '') ? fixed : [];
      hosts.push({ name, facts: { mac, ...(address === undefined ? {} : { address }) }, line });
    } else if (word === 'lease')
      leases.set(mac, { name: says.get('client-hostname')?.[0], facts: { mac }, line });
  }
  return [...hosts, ...leases.values()];
}

/** Words, quoted texts without their quotes, and `{`, `}`, `;`, `,` by themselves; comments are left out. */
function tokensOf(text: string): Token[] {
  return text
    .split('\n')
    .flatMap((raw, index) =>
      [...raw.matchAll(/"((?:[^"\\]|\\.)*)"|(#.*)|([{};,])|([^\s{};,"#]+)/g)].flatMap(
        ([, quoted, comment, sign, word]) =>
          comment === undefined ? [{ text: quoted ?? sign ?? word ?? '', line: index + 1 }] : [],
      ),
    );
}

function startsStatement(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.text;
  return before === undefined || ['{', '}', ';'].includes(before);
}

/** The statements of a block up to its `}`, without blocks inside it: by their first words, what follows. */
function statements(tokens: readonly Token[], from: number): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  let [depth, words] = [0, [] as string[]];
  for (const { text } of tokens.slice(from)) {
    if (text === '}' && depth === 0) break;
    if (text === '{') depth++;
    if (text === '}') depth--;
    if ((text === ';' || text === '}') && depth === 0) {
      const [first = '', ...rest] = words;
      if (text === ';')
        found.set(
          first,
          rest.filter((word) => word !== ','),
        );
      words = [];
    } else words.push(text);
  }
  return found;
}

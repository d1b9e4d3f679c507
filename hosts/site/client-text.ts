/** Changes to the text of a site file that leave every other line, comment and space of it as they are. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isScalar,
  type Node,
  type Pair,
  parseDocument,
  stringify,
  visit,
  type YAMLMap,
} from 'yaml';
import { Failure } from '../../base/failure.js';
import { didYouMean } from '../../base/suggest.js';
import type { ClientText } from './client-schema.js';

const INDENT = 2;

/**
 * The text with one client more, after the last one.
 * @param text a site file that loads
 * @param facts in the order in which they are to be written
 * @throws Failure of kind `usage` when the site has a client of that name
 */
export function addClient(text: string, name: string, facts: ClientText): string {
  const document = parseDocument(text);
  const clients = clientsIn(document);
  if (clients?.has(name) === true) {
    throw new Failure('usage', {
      what: `The site has a client \`${name}\` already.`,
      hint: `Choose another name; or change it in the site, then run: npx lunsmith client add ${name}`,
    });
  }
  const spliced = splice(text, document, { [name]: facts });
  const meant = asData(text);
  meant['clients'] = { ...(meant['clients'] as object | null), [name]: facts };
  if (spliced !== undefined && isDeepStrictEqual(asData(spliced), meant)) return spliced;
  if (clients === undefined) document.set('clients', document.createNode({ [name]: facts }));
  else clients.set(name, document.createNode(facts));
  return rewritten(text, document);
}

/**
 * The text without that client, and without the comments that stand directly above it.
 * @param text a site file that loads
 * @throws Failure of kind `usage` when the site has no such client, or when others are written by means of it
 */
export function removeClient(text: string, name: string): string {
  const document = parseDocument(text);
  const clients = clientsIn(document);
  if (clients?.has(name) !== true) {
    const names = clients?.items.map((pair) => String(keyOf(pair))) ?? [];
    throw new Failure('usage', { what: `The site has no client \`${name}\`.`, ...didYouMean(name, names) });
  }
  const [anchor] = anchorsOf(clients, name).filter((each) => isUsed(document, clients, name, each));
  if (anchor !== undefined) {
    throw new Failure('usage', {
      what: `The client \`${name}\` cannot be taken out of the site: others are written by its anchor \`&${anchor}\`.`,
      expected: `an anchor that only \`${name}\` uses`,
      found: `\`*${anchor}\` elsewhere`,
      hint: 'Write the value out where the alias stands. Or keep the entry: `--keep-entry` removes the client from its host alone.',
    });
  }
  const spliced = cut(text, clients, name);
  const meant = asData(text);
  const { [name]: _, ...rest } = meant['clients'] as Record<string, unknown>;
  meant['clients'] = Object.keys(rest).length === 0 ? null : rest;
  if (spliced !== undefined && isDeepStrictEqual(asData(spliced), meant)) return spliced;
  clients.delete(name);
  return rewritten(text, document);
}

/** All of the file is written anew; its lines end as they did. */
function rewritten(text: string, document: Document): string {
  const made = document.toString({ lineWidth: 0 });
  return text.includes('\r\n') ? made.replace(/\r?\n/g, '\r\n') : made;
}

/** Names of the anchors within a client. */
function anchorsOf(clients: YAMLMap, name: string): string[] {
  const found: string[] = [];
  visit(pairOf(clients, name)?.value as Node, {
    Node: (_, { anchor }: { readonly anchor?: string }) => {
      if (anchor !== undefined) found.push(anchor);
    },
  });
  return found;
}

/** Whether an alias of that name stands outside of the client. */
function isUsed(document: Document, clients: YAMLMap, name: string, anchor: string): boolean {
  const client = pairOf(clients, name);
  let used = false;
  visit(document, {
    Pair: (_, pair) => (pair === client ? visit.SKIP : undefined),
    Alias: (_, { source }) => {
      if (source === anchor) used = true;
    },
  });
  return used;
}

function pairOf(clients: YAMLMap, name: string): Pair | undefined {
  return clients.items.find((one) => keyOf(one) === name);
}

function clientsIn(document: Document): YAMLMap | undefined {
  const clients = document.get('clients', true);
  return isMap(clients) ? clients : undefined;
}

function asData(text: string): Record<string, unknown> {
  const document = parseDocument(text);
  return document.errors.length > 0 ? {} : ((document.toJS() ?? {}) as Record<string, unknown>);
}

/** Lines of their own for a client: beneath the last one, beneath `clients:`, or at the end. Undefined elsewhere. */
function splice(text: string, document: Document, added: object): string | undefined {
  const { contents } = document;
  const pair = isMap(contents) ? contents.items.find((one) => keyOf(one) === 'clients') : undefined;
  const clients = clientsIn(document);
  if (pair === undefined) return insert(text, text.length, written({ clients: added }, ''));
  if (isScalar(pair.value) || pair.value === null) {
    return insert(text, endOfLine(text, startOf(pair)), written(added, ' '.repeat(INDENT)));
  }
  const [first] = clients?.items ?? [];
  const last = clients?.items.at(-1);
  if (clients === undefined || clients.flow === true || first === undefined || last === undefined)
    return undefined;
  const margin = marginOf(text, startOf(first));
  return margin === undefined ? undefined : insert(text, endOfLines(text, last), written(added, margin));
}

/** Indented as deeply as the margin is wide. */
function written(data: object, margin: string): string {
  return stringify(data, { indent: margin.length || INDENT, lineWidth: 0 }).replace(/^(?=.)/gm, margin);
}

/** Its lines end as the one above them does, and that as the one above it if it has no end yet. */
function insert(text: string, at: number, lines: string): string {
  const before = text.slice(0, at);
  const end = /\r\n[^\n]*$/.test(before) ? '\r\n' : '\n';
  const added = lines.replaceAll('\n', end);
  return `${before}${before === '' || before.endsWith('\n') ? '' : end}${added}${text.slice(at)}`;
}

function cut(text: string, clients: YAMLMap, name: string): string | undefined {
  const pair = pairOf(clients, name);
  if (clients.flow === true || pair === undefined) return undefined;
  const key = startOf(pair);
  const margin = marginOf(text, key);
  if (margin === undefined) return undefined;
  let start = key - margin.length;
  const comment = new RegExp(`\\n(${margin}#[^\\n]*\\n)$`);
  for (;;) {
    const above = comment.exec(text.slice(0, start))?.[1];
    if (above === undefined) break;
    start -= above.length;
  }
  return text.slice(0, start) + text.slice(endOfLines(text, pair));
}

function keyOf({ key }: Pair): unknown {
  return isScalar(key) ? key.value : key;
}

function startOf({ key }: Pair): number {
  return (isScalar(key) ? key.range?.[0] : undefined) ?? 0;
}

/** The spaces before a key; undefined when something else stands there. */
function marginOf(text: string, key: number): string | undefined {
  const margin = text.slice(text.lastIndexOf('\n', key - 1) + 1, key);
  return /^ *$/.test(margin) ? margin : undefined;
}

/** Where the line after the last line of a value begins. */
function endOfLines(text: string, { key, value }: Pair): number {
  const { range } = (value ?? key) as { range?: readonly number[] | null };
  const content = text.slice(0, range?.[1] ?? 0).trimEnd().length;
  return endOfLine(text, content);
}

/** Where the line after that of `from` begins. */
function endOfLine(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline === -1 ? text.length : newline + 1;
}

/** `lunsmith client import`: machines of another program's list become clients of the site, all of them at one stroke or none. */
import { resolve } from 'node:path';
import { type Diagnostic, Failure } from '../../base/failure.js';
import { readRegular } from '../../base/regular-file.js';
import type { ClientText } from '../../hosts/site/client-schema.js';
import { addClient } from '../../hosts/site/client-text.js';
import type { ClientFacts, Site } from '../../hosts/site/facts.js';
import { parseSite, readSite } from '../../hosts/site/load.js';
import { formatOf, type ListFormat, parseMachines } from '../../hosts/site/machine-lists/formats.js';
import { MACHINE_KEYS, type Machine, type MachineKey } from '../../hosts/site/machine-lists/machine.js';
import type { Caller } from '../caller.js';
import { replaceSite, requireWritable, unwritable } from './client-file.js';
import type { SiteOptions } from './open.js';

export interface ImportOptions extends SiteOptions {
  /** Default: what the content tells. */
  readonly format?: ListFormat | undefined;
  /** Of machines of which the list says nothing of it. */
  readonly host?: string | undefined;
  readonly channel?: string | undefined;
  /** Reference of the secret, in which `{name}` is the client's name. */
  readonly secret: string;
  /** Whether addresses of the list become static addresses of the clients. */
  readonly addresses: boolean;
  readonly dryRun?: true | undefined;
}

export interface Imported {
  readonly file: string;
  readonly added: readonly string[];
  /** Of which the site had each already. */
  readonly there: readonly string[];
  /** Why the others were left out, a sentence each. */
  readonly left: readonly string[];
}

const MOST_LIST_BYTES = 16 * 1024 * 1024;
const NAME = '{name}';

/** @throws Failure of kind `usage` with all that stands against it and where; then the site is as it was */
export async function importClients(
  { cwd }: Pick<Caller, 'cwd'>,
  list: string,
  options: ImportOptions,
): Promise<Imported> {
  const { machines, left } = await readMachines(cwd, list, options);
  const source = await readSite(cwd, options.site);
  const site = parseSite(source);
  const { fresh, there } = compared(machines, site, { list, site: source.file });
  const result = {
    file: source.file,
    added: fresh.map(({ name }) => name),
    there: there.map(({ name }) => name),
    left,
  };
  if (fresh.length === 0) return result;
  await requireWritable(source);
  const text = fresh.reduce(
    (before, machine) => addClient(before, machine.name, entryOf(machine, options)),
    source.text,
  );
  requireValid({ ...source, text }, fresh, list);
  if (options.dryRun === true) return result;
  try {
    await replaceSite(source, text);
  } catch (error) {
    const { kind, message } = unwritable(error);
    throw new Failure(
      kind,
      { what: `${source.file} could not be written.`, found: message },
      { cause: error },
    );
  }
  return result;
}

type Named = Machine & { readonly name: string };

/** Machines that have names and can be told apart, each once. */
async function readMachines(
  cwd: string,
  list: string,
  { format }: ImportOptions,
): Promise<{ readonly machines: readonly Named[]; readonly left: readonly string[] }> {
  const bytes = await readRegular(resolve(cwd, list), {
    ...{ most: MOST_LIST_BYTES, follow: true, kind: 'usage', shown: list },
  }).catch((error: unknown) => {
    if (error instanceof Failure) throw error;
    const found = (error as NodeJS.ErrnoException).code ?? 'something else';
    throw new Failure('usage', { what: `${list} cannot be read.`, found }, { cause: error });
  });
  const text = bytes.toString('utf8');
  const known = format ?? formatOf(text);
  const found = parseMachines(text, known, list);
  if (found.length === 0) {
    throw new Failure('usage', {
      what: `${list} names no machine.`,
      expected: 'a list of machines with their names and MAC addresses',
      found: format === undefined ? `nothing of that, read as ${known}` : 'nothing of that',
      hint: 'Say what it is: --format csv, dnsmasq, isc or ansible.',
    });
  }
  const left: string[] = [];
  const machines: Named[] = [];
  for (const machine of found) {
    const name = clientName(machine.name);
    const why =
      name === undefined
        ? 'it has no name'
        : identities(machine).length === 0
          ? 'it has no MAC address'
          : undefined;
    if (name !== undefined && why === undefined) machines.push({ ...machine, name });
    else left.push(`${whichOf(machine, list)} is left out: ${why}`);
  }
  return { machines, left };
}

/** The first label of a host's name, as names of clients are written. */
function clientName(name: string | undefined): string | undefined {
  return name?.split('.', 1)[0]?.toLowerCase().replaceAll('_', '-');
}

function whichOf({ name, facts, line }: Machine, list: string): string {
  const place = line === undefined ? list : `${list}:${line}`;
  return `${place}: ${name ?? facts.mac ?? 'a machine'}`;
}

const IDENTITIES = ['mac', 'serial', 'uuid'] as const;

/** What tells it from others, as sites compare it. */
function identities({ facts }: Pick<Machine, 'facts'>): string[] {
  return IDENTITIES.flatMap((key) => {
    const value = facts[key];
    return value === undefined ? [] : [`${key} ${plain(key, value)}`];
  });
}

function plain(key: MachineKey, value: string): string {
  const lower = value.toLowerCase();
  return key === 'serial' ? value : key === 'mac' ? lower.replaceAll('-', ':') : lower;
}

interface Compared {
  readonly fresh: readonly Named[];
  readonly there: readonly Named[];
}

/** @throws Failure of kind `usage` for names that two machines have, and machines that have two names */
function compared(
  machines: readonly Named[],
  site: Site,
  files: { readonly list: string; readonly site: string },
): Compared {
  const names = new Map<string, string[]>(site.clients.map((client) => [client.name, identitiesOf(client)]));
  const owners = new Map(
    site.clients.flatMap((client) => identitiesOf(client).map((id) => [id, client.name])),
  );
  const inSite = new Set(names.keys());
  const [fresh, there, problems] = [[] as Named[], [] as Named[], [] as Diagnostic[]];
  for (const machine of machines) {
    const { name, line } = machine;
    const own = identities(machine);
    const place = line === undefined ? {} : { place: { file: files.list, line, column: 1 } };
    const others = names.get(name);
    const owner = own.map((id) => owners.get(id)).find((each) => each !== undefined && each !== name);
    const where = (other: string) => (inSite.has(other) ? files.site : files.list);
    if (owner !== undefined) {
      problems.push({
        ...{ what: `${name} is a machine that ${where(owner)} has as ${owner}.`, ...place },
        ...{ expected: 'one name for each machine', found: own.join(', ') },
      });
    } else if (others !== undefined && !own.some((id) => others.includes(id))) {
      problems.push({
        ...{ what: `${where(name)} has another machine of the name ${name}.`, ...place },
        ...{ expected: others.join(', '), found: own.join(', ') },
      });
    } else if (others !== undefined) {
      if (inSite.has(name)) there.push(machine);
    } else {
      fresh.push(machine);
      names.set(name, own);
      for (const id of own) owners.set(id, name);
    }
  }
  const [first, ...more] = problems;
  if (first !== undefined) throw new Failure('usage', [first, ...more]);
  return { fresh, there };
}

function identitiesOf({ mac, serial, uuid }: ClientFacts): string[] {
  return identities({ facts: { ...(mac && { mac }), ...(serial && { serial }), ...(uuid && { uuid }) } });
}

function entryOf({ name, facts }: Named, options: ImportOptions): ClientText {
  const { host, channel, addresses } = options;
  const said: Readonly<Partial<Record<MachineKey, string | undefined>>> = {
    ...{ host, channel, secret: options.secret.replaceAll(NAME, name) },
    ...facts,
    ...(addresses ? {} : { address: undefined }),
  };
  const entries = MACHINE_KEYS.flatMap((key) => (said[key] === undefined ? [] : [[key, said[key]] as const]));
  // Whether it is right is for the site to say.
  return Object.fromEntries(entries) as unknown as ClientText;
}

/** What the site would not be valid for is told where the machine stands in its list. */
function requireValid(
  source: Parameters<typeof parseSite>[0],
  machines: readonly Named[],
  list: string,
): void {
  try {
    parseSite(source);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const lines = source.text.split('\n');
    const at = (diagnostic: Diagnostic): Diagnostic => {
      const above = lines.slice(0, diagnostic.place?.line ?? 0).reverse();
      const found = above
        .map((line) => /^\s+["']?([\w.-]+)["']?:/.exec(line)?.[1])
        .flatMap((name) => machines.find((machine) => machine.name === name) ?? [])[0];
      const { place: _, ...rest } = diagnostic;
      if (found === undefined) return diagnostic;
      const place = found.line === undefined ? {} : { place: { file: list, line: found.line, column: 1 } };
      return { ...rest, what: `${found.name}: ${rest.what}`, ...place };
    };
    const [first, ...more] = error.diagnostics;
    throw new Failure(error.kind, [at(first), ...more.map(at)], { cause: error });
  }
}

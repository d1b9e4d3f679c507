/** LUNs that were deleted: told of, brought back, and removed before their time. */
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import { readState } from '../../hosts/apply.js';
import { dueAt } from '../../hosts/change/aside.js';
import type { ClientIntent, Intent } from '../../hosts/change/intent.js';
import { listClones } from '../../hosts/clients/clone.js';
import { clockOf } from '../../hosts/host/clock.js';
import { type HostState, lunsOf } from '../../hosts/host/state.js';
import type { ClientFacts, HostFacts, Site } from '../../hosts/site/facts.js';
import { isArray } from '../../hosts/site/portal.js';
import type { Caller } from '../caller.js';
import { type ClientChangeOptions, changeHost, type HostOptions } from './change.js';
import { siteWithEntries } from './client-file.js';
import { namesOf } from './client-names.js';
import { asOne, onEachHost } from './clients.js';
import { connect, hostNamed, openSite } from './open.js';

export interface DeletedRow {
  readonly host: string;
  readonly client: string;
  readonly image: string;
  /** Of the LUN that the client booted. */
  readonly release: string;
  /** LUNs, the earlier ones that were kept for a rollback among them. */
  readonly luns: number;
  /** Bytes that they take at most: those that they share with others count in each. */
  readonly allocated: number;
  /** Serial of the change that took them. */
  readonly change: number;
  /** RFC 3339, UTC, by the clock of the host, as is `until`: from then on the next change removes them. */
  readonly at: string;
  readonly until: string;
  readonly overdue: boolean;
}

/** The one that was deleted last is the first; host by host. */
export async function listDeleted(
  caller: Omit<Caller, 'emit'>,
  options: HostOptions,
): Promise<readonly DeletedRow[]> {
  const ports = createPorts({ emit: () => undefined, signal: caller.signal });
  const rows: DeletedRow[] = [];
  for (const facts of hostsOf(await openSite(caller, options), options)) {
    await using open = await connect(caller, facts, ports);
    const state = await readState(open.host);
    if (state.deleted === undefined || isArray(facts)) continue;
    const clock = await clockOf(open.host);
    const sizes = new Map((await listClones(open.host)).map(({ disk, allocated }) => [disk, allocated]));
    rows.push(...deletedRows(facts, state, sizes, clock));
  }
  return rows;
}

/** Pure. @param sizes bytes that LUNs take, by path */
function deletedRows(
  facts: Pick<HostFacts, 'name' | 'retention'>,
  { deleted = [] }: HostState,
  sizes: ReadonlyMap<string, number>,
  clock: string,
): DeletedRow[] {
  return deleted.toReversed().map((each) => {
    const luns = each.generations.flatMap(lunsOf);
    const until = dueAt(each, facts);
    return {
      ...{ host: facts.name, client: each.facts.name, image: each.image },
      release: each.generations.at(-1)?.release ?? '',
      luns: luns.length,
      allocated: luns.reduce((sum, { disk }) => sum + (sizes.get(disk) ?? 0), 0),
      ...{ change: each.serial, at: each.at, until, overdue: Date.parse(until) <= Date.parse(clock) },
    };
  });
}

function hostsOf(site: Site, { on }: HostOptions): readonly HostFacts[] {
  return on === undefined ? site.hosts : [hostNamed(site, on)];
}

export interface UndeleteOptions extends ClientChangeOptions, HostOptions {
  readonly image?: string | undefined;
  /** Serial of the change that took the LUNs; absent: the last one that took some of the client. */
  readonly change?: number | undefined;
}

/** Brings back what was taken from clients last, and clients that the site has no longer, with their entries. */
export async function undeleteClients(
  caller: Caller,
  patterns: readonly string[],
  options: UndeleteOptions,
): Promise<void> {
  const site = await openSite(caller, options);
  const names = namesOf(patterns);
  const remembered = await rememberedClients(
    caller,
    site,
    names.filter((name) => !site.clients.some((client) => client.name === name)),
    options,
  );
  const known = site.clients.filter(({ name }) => names.includes(name));
  await onEachHost(
    site,
    [...known.map(({ host }) => host), ...remembered.map(({ facts }) => facts.host)],
    async (host) => {
      const back = remembered.filter(({ facts }) => facts.host === host.name);
      const changed = await siteWithEntries(
        caller,
        back.map(({ facts }) => facts),
        options,
      );
      const intents = changed.site.clients
        .filter((client) => names.includes(client.name) && client.host === host.name)
        .map((client): ClientIntent => {
          const there = back.some(({ facts, deleted }) => facts.name === client.name && !deleted);
          return there ? { kind: 'add', client } : { kind: 'undelete', client, ...chosen(options) };
        });
      const { file } = changed;
      const place = { site: changed.site, facts: host, file };
      await changeHost(caller, options, place, () => Promise.resolve({ intent: asOne(intents) }));
    },
  );
}

function chosen({ image, change }: UndeleteOptions): { image?: string; change?: number } {
  return { ...(image === undefined ? {} : { image }), ...(change === undefined ? {} : { change }) };
}

interface Remembered {
  readonly facts: ClientFacts;
  /** False: the host has it, and what is missing is its entry alone, as after a call that was cut off before it was written. */
  readonly deleted: boolean;
}

/** Clients as hosts had them. @throws Failure of kind `usage` for names that none knows, and for those that several do */
async function rememberedClients(
  caller: Caller,
  site: Site,
  names: readonly string[],
  options: UndeleteOptions,
): Promise<readonly Remembered[]> {
  if (names.length === 0) return [];
  const ports = createPorts({ emit: caller.emit, signal: caller.signal });
  const found = new Map<string, Remembered[]>(names.map((name) => [name, []]));
  const hosts = hostsOf(site, options);
  for (const facts of hosts) {
    await using open = await connect(caller, facts, ports);
    const { deleted = [], clients } = await readState(open.host);
    for (const [name, all] of found) {
      const there = clients[name]?.facts;
      const was = there ?? deleted.findLast((each) => each.facts.name === name)?.facts;
      // The host may have another name in the site now.
      if (was !== undefined) all.push({ facts: { ...was, host: facts.name }, deleted: there === undefined });
    }
  }
  return [...found].map(([name, all]) => {
    const [only, ...others] = all;
    if (only !== undefined && others.length === 0) return only;
    throw new Failure('usage', {
      what:
        only === undefined
          ? `Neither the site nor a host knows the client ${name}.`
          : `Several hosts have something of ${name} that was deleted.`,
      expected: only === undefined ? 'a client that was deleted' : 'one of them, by `--on`',
      found: (only === undefined ? hosts.map((each) => each.name) : all.map(({ facts }) => facts.host)).join(
        ', ',
      ),
      hint: 'See what can be brought back: npx lunsmith client ls --deleted',
    });
  });
}

export interface PruneOptions extends ClientChangeOptions, HostOptions {
  /** All that was deleted. */
  readonly all?: true | undefined;
}

/** Removes what was deleted for good: of some clients, all of it, or what has been kept for its time. */
export async function pruneDeleted(
  caller: Caller,
  patterns: readonly string[],
  options: PruneOptions,
): Promise<void> {
  const names = namesOf(patterns);
  if (names.length > 0 && options.all === true) {
    throw new Failure('usage', {
      what: 'Clients were named, and all were asked for too.',
      expected: 'either names or --all',
      found: names.join(' '),
    });
  }
  const site = await openSite(caller, options);
  const host = hostNamed(site, options.on);
  await changeHost(caller, options, { site, facts: host }, async (there): Promise<{ intent: Intent }> => {
    const { deleted = [] } = await readState(there);
    const all = [...new Set(deleted.map(({ facts }) => facts.name))];
    const clients = options.all === true ? all : names;
    return { intent: asOne(clients.map((client) => ({ kind: 'purge', client }) as const)) };
  });
}

/** Clients of the site, brought to their target hosts. */
import { Failure } from '../../base/failure.js';
import { readState } from '../../hosts/apply.js';
import type { ClientIntent, Intent } from '../../hosts/change/intent.js';
import type { ClientFacts, HostFacts, Site } from '../../hosts/site/facts.js';
import type { Caller } from '../caller.js';
import { type ClientChangeOptions, changeHost, type HostOptions } from './change.js';
import { type ChangedSite, siteWithoutClients } from './client-file.js';
import { type Selection, selectClients } from './client-names.js';
import { clientNamed, hostNamed, openSite } from './open.js';

/** Changes the hosts of clients, each in one change. */
export async function changeClients(
  caller: Caller,
  selection: Selection,
  options: ClientChangeOptions,
  intentOf: (client: ClientFacts) => ClientIntent,
): Promise<void> {
  const site = await openSite(caller, options);
  const selected = selectClients(site, selection);
  await onEachHost(
    site,
    selected.map(({ host }) => host),
    (facts) => {
      const intents = selected.filter(({ host }) => host === facts.name).map(intentOf);
      return changeHost(caller, options, { site, facts }, () => Promise.resolve({ intent: asOne(intents) }));
    },
  );
}

/** Changes the host of one client together with the site's file. @param look the site, and what becomes of its file */
export async function changeClient(
  caller: Caller,
  name: string,
  options: ClientChangeOptions,
  intentOf: (client: ClientFacts) => ClientIntent,
  look: () => Promise<ChangedSite>,
): Promise<void> {
  const { site, file } = await look();
  const client = clientNamed(site, name);
  const place = { site, facts: hostNamed(site, client.host), file };
  await changeHost(caller, options, place, () => Promise.resolve({ intent: intentOf(client) }));
}

export interface RemoveOptions extends ClientChangeOptions {
  /** Leave the site file as it is. */
  readonly keepEntry?: true | undefined;
  /** So that their LUNs cannot be brought back. */
  readonly purge?: true | undefined;
}

/** Takes clients from their hosts, each host in one change, and their entries from the site's file. */
export async function removeClients(
  caller: Caller,
  patterns: readonly string[],
  options: RemoveOptions,
): Promise<void> {
  const site = await openSite(caller, options);
  const selected = selectClients(site, { names: patterns });
  const purge = options.purge === true ? { purge: true as const } : {};
  await onEachHost(
    site,
    selected.map(({ host }) => host),
    async (facts) => {
      const names = selected.filter(({ host }) => host === facts.name).map(({ name }) => name);
      const changed =
        options.keepEntry === true ? { site } : await siteWithoutClients(caller, names, options);
      const intents = names.map((client) => ({ kind: 'remove', client, ...purge }) as const);
      await changeHost(caller, options, { ...changed, facts }, () =>
        Promise.resolve({ intent: asOne(intents) }),
      );
    },
  );
}

export interface FollowOptions extends ClientChangeOptions, HostOptions {
  /** Take away clients that the site does not have. */
  readonly prune?: true | undefined;
  /** With `prune`: so that their LUNs cannot be brought back. */
  readonly purge?: true | undefined;
}

/** Has target hosts follow the site: all of them, or the one that is named. */
export async function followSite(caller: Caller, options: FollowOptions): Promise<void> {
  const site = await openSite(caller, options);
  const purge = options.purge === true ? { purge: true as const } : {};
  if (options.purge === true && options.prune !== true) {
    throw new Failure('usage', {
      what: 'With `--purge` and without `--prune` nothing would be removed.',
      expected: '`--prune --purge`, or neither',
      found: '`--purge`',
    });
  }
  const hosts = options.on === undefined ? site.hosts : [hostNamed(site, options.on)];
  await onEachHost(
    site,
    hosts.map(({ name }) => name),
    (facts) =>
      changeHost(caller, options, { site, facts }, async (host) => {
        const clients = site.clients.filter((client) => client.host === facts.name);
        const kept = new Set(clients.map(({ name }) => name));
        const gone = Object.keys((await readState(host)).clients).filter((name) => !kept.has(name));
        const removed = options.prune === true ? gone : [];
        const intents = [
          ...removed.map((client) => ({ kind: 'remove', client, ...purge }) as const),
          ...clients.map((client) => ({ kind: 'add', client }) as const),
        ];
        if (gone.length === removed.length) return { intent: asOne(intents) };
        const note = `Not in the site, and left alone: ${gone.join(', ')}. With --prune they are removed, with their LUNs.`;
        return { intent: asOne(intents), note };
      }),
  );
}

/** One host after the other; what stands against one keeps the others from nothing. */
export async function onEachHost(
  site: Site,
  names: readonly string[],
  work: (facts: HostFacts) => Promise<void>,
): Promise<void> {
  const failures: Failure[] = [];
  for (const name of new Set(names)) {
    await work(hostNamed(site, name)).catch((error: unknown) => {
      const failure = Failure.from(error);
      if (failure.kind === 'interrupted') throw failure;
      failures.push(failure);
    });
  }
  Failure.throwAll(failures);
}

export function asOne(intents: readonly ClientIntent[]): Intent {
  const [only, ...others] = intents;
  return only !== undefined && others.length === 0 ? only : { kind: 'several', intents };
}

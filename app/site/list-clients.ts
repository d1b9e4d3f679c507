/** What `lunsmith client ls` tells. */
import { createPorts } from '../../base/command.js';
import { readState } from '../../hosts/apply.js';
import type { Caller } from '../caller.js';
import { connect, hostNamed, openSite, type SiteOptions } from './open.js';
import { type ImageRow, imageRows } from './status.js';

export interface ListOptions extends SiteOptions {
  /** The target host; absent: all of them. */
  readonly on?: string | undefined;
}

/** A row for each image of each client, host by host. */
export async function listClients(
  caller: Omit<Caller, 'emit'>,
  options: ListOptions,
): Promise<(ImageRow & { readonly host: string })[]> {
  const ports = createPorts({ emit: () => undefined, signal: caller.signal });
  const site = await openSite(caller, options);
  const hosts = options.on === undefined ? site.hosts : [hostNamed(site, options.on)];
  const rows: (ImageRow & { readonly host: string })[] = [];
  for (const facts of hosts) {
    await using open = await connect(caller, facts, ports);
    const state = await readState(open.host);
    const sessions = await open.adapter.sessions(open.host, ports);
    rows.push(...imageRows(state, sessions).map((row) => ({ ...row, host: facts.name })));
  }
  return rows;
}

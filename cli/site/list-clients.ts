/** `lunsmith client ls`. */

import { createPorts } from '../../base/command.js';
import { readState } from '../../hosts/apply.js';
import { clientLines } from '../render/status.js';
import { styleFor } from '../render/style.js';
import type { Session } from '../session.js';
import { connect, hostNamed, openSite, type SiteOptions } from './open.js';
import { type ImageRow, imageRows } from './status.js';

export interface ListOptions extends SiteOptions {
  readonly on?: string | undefined;
  readonly json?: true | undefined;
}

export async function listClients(session: Session, options: ListOptions): Promise<void> {
  const renderer = session.open({ plain: true });
  const ports = createPorts({ emit: () => undefined, signal: session.signal });
  const site = await openSite(session, options);
  const hosts = options.on === undefined ? site.hosts : [hostNamed(site, options.on)];
  const rows: (ImageRow & { readonly host: string })[] = [];
  for (const facts of hosts) {
    await using open = await connect(session, facts, ports);
    const state = await readState(open.host);
    const sessions = await open.adapter.sessions(open.host, ports);
    rows.push(...imageRows(state, sessions).map((row) => ({ ...row, host: facts.name })));
  }
  const { stdout, env } = session.terminal;
  renderer.print(
    options.json === true ? [JSON.stringify(rows, undefined, 2)] : clientLines(rows, styleFor(stdout, env)),
  );
}

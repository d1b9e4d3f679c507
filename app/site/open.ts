/** From what the user named to a target host that work can be done on. */

import { Failure } from '../../base/failure.js';
import type { Ports } from '../../base/ports.js';
import { didYouMean } from '../../base/suggest.js';
import type { TargetHost } from '../../hosts/host/host.js';
import { openHost } from '../../hosts/host/open.js';
import type { ClientFacts, HostFacts, Site } from '../../hosts/site/facts.js';
import { loadSite } from '../../hosts/site/load.js';
import type { TargetAdapter } from '../../hosts/target/adapter.js';
import { type AdapterOptions, adapterOf } from '../../hosts/target/adapters.js';
import type { Caller } from '../caller.js';

export interface SiteOptions {
  readonly site?: string | undefined;
}

export function openSite({ cwd }: Pick<Caller, 'cwd'>, { site }: SiteOptions): Promise<Site> {
  return loadSite(cwd, site);
}

/** The host of that name; the only one when none is named. @throws Failure of kind `usage` */
export function hostNamed({ hosts }: Site, name: string | undefined): HostFacts {
  const [only, ...others] = hosts;
  if (name === undefined && only !== undefined && others.length === 0) return only;
  const found = hosts.find((host) => host.name === name);
  if (found !== undefined) return found;
  const names = hosts.map((host) => host.name);
  if (name === undefined) {
    throw new Failure('usage', {
      what: 'The site has several target hosts, and none was named.',
      expected: `one of ${names.join(', ')}`,
    });
  }
  throw new Failure('usage', {
    what: `The site has no target host \`${name}\`.`,
    ...didYouMean(name, names),
  });
}

/** @throws Failure of kind `usage` when the site has no such client */
export function clientNamed({ clients }: Site, name: string): ClientFacts {
  const found = clients.find((client) => client.name === name);
  if (found !== undefined) return found;
  throw new Failure('usage', {
    what: `The site has no client \`${name}\`.`,
    ...didYouMean(
      name,
      clients.map((client) => client.name),
    ),
  });
}

export interface OpenHost extends AsyncDisposable {
  readonly host: TargetHost;
  readonly adapter: TargetAdapter;
}

/** Connects to a host. */
export async function connect(
  { env }: Pick<Caller, 'env'>,
  facts: HostFacts,
  ports: Ports,
): Promise<OpenHost> {
  const host = await openHost(facts, ports);
  return {
    host,
    adapter: adapterOf(facts.target.kind, adapterOptions(facts, env)),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

/** As tgtadm(8) finds its tgtd: the environment names its socket, to which the number of the control port is added. */
function adapterOptions({ transport, target: { lun } }: HostFacts, env: Caller['env']): AdapterOptions {
  const { TGT_IPC_SOCKET: socket } = env;
  return {
    ...(socket === undefined || transport.kind === 'ssh' ? {} : { tgtSocket: `${socket}.0` }),
    ...(lun === undefined ? {} : { lun }),
  };
}

/** From what a user named to the report of it: a release in a folder, a target host or a client of the site. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import { didYouMean } from '../../base/suggest.js';
import type { Site } from '../../hosts/site/facts.js';
import type { Caller } from '../caller.js';
import { clientNamed, connect, hostNamed, openSite } from '../site/open.js';
import { type ClientReport, type HostReport, reportClient, reportHost } from './host.js';
import { type ReleaseReport, reportRelease } from './release.js';

export type Report = ReleaseReport | HostReport | ClientReport;

export interface ReportRequest {
  /** Folder of a release, or a name of the site; `host:NAME` and `client:NAME` say which of both. */
  readonly about: string;
  /** Folder of the release to compare with. */
  readonly before?: string | undefined;
  /** Path of the site file. */
  readonly site?: string | undefined;
}

/** @throws Failure of kind `usage` when nothing of that name is known */
export async function report(
  { cwd, env, signal }: Omit<Caller, 'emit'>,
  { about, before, site: file }: ReportRequest,
): Promise<Report> {
  const ports = createPorts({ emit: () => undefined, signal });
  const folder = resolve(cwd, about);
  if (about.includes('/') || (await isRelease(folder)))
    return reportRelease({ release: folder, before: before && resolve(cwd, before) }, ports);
  const site = await openSite({ cwd }, { site: file });
  const { kind, name } = chooseName(site, about);
  const client = kind === 'client' ? clientNamed(site, name) : undefined;
  await using open = await connect({ env }, hostNamed(site, client?.host ?? name), ports);
  return client === undefined ? await reportHost(open, ports) : await reportClient(open, client, ports);
}

/** Pure: which of the site's names is meant. */
export function chooseName(
  { hosts, clients }: Pick<Site, 'hosts' | 'clients'>,
  about: string,
): { readonly kind: 'host' | 'client'; readonly name: string } {
  const [, said, name = about] = /^(?:(host|client):)?(.*)$/s.exec(about) ?? [];
  if (said === 'host' || said === 'client') return { kind: said, name };
  const isHost = hosts.some((host) => host.name === name);
  const isClient = clients.some((client) => client.name === name);
  if (isHost && isClient) {
    throw new Failure('usage', {
      what: `\`${name}\` is a target host and a client of the site.`,
      expected: `host:${name} or client:${name}`,
      found: name,
    });
  }
  if (isHost || isClient) return { kind: isHost ? 'host' : 'client', name };
  throw new Failure('usage', {
    what: `\`${name}\` is no folder of a release, and no target host or client of the site.`,
    expected: 'a release such as out/debian-bookworm/latest, or a name of the site',
    ...didYouMean(
      name,
      [...hosts, ...clients].map((each) => each.name),
    ),
  });
}

async function isRelease(path: string): Promise<boolean> {
  return stat(join(path, 'manifest.json')).then(
    (found) => found.isFile(),
    () => false,
  );
}

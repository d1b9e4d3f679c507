/** All that is to be known of a target host at one moment. */

import type { Ports } from '../../base/ports.js';
import { needsRepair, readState } from '../../hosts/apply.js';
import { freeSpace, listClones, type Space, thinExhaustion } from '../../hosts/clients/clone.js';
import { writerProblem } from '../../hosts/host/account.js';
import type { TargetHost } from '../../hosts/host/host.js';
import { deletedDisks, type HostState } from '../../hosts/host/state.js';
import { hasInstaller, installerOf, startsOf } from '../../hosts/site/blank.js';
import type { HostFacts } from '../../hosts/site/facts.js';
import { portalsOf, portalText } from '../../hosts/site/portal.js';
import type { IscsiSession } from '../../hosts/target/adapter.js';
import { sharedLuns, sharedWords } from '../../hosts/target/shared-luns.js';
import type { OpenHost } from './open.js';
import { type ReleaseOnHost, releasesOnHost } from './release-name.js';

export interface ImageRow {
  readonly client: string;
  readonly image: string;
  /** Absent: it follows none, its LUN has begun with nothing on it. */
  readonly channel?: string;
  /** Absent, as are `bytes` and `target`: its channel has no release yet, and it no LUN. */
  readonly release?: string;
  /** Bytes of the LUN. */
  readonly bytes?: number;
  /** Whether it is the image of its release, which all clients share and none writes to. */
  readonly shared?: true;
  readonly target?: string;
  /** Whether its channel is at another release. */
  readonly behind: boolean;
  /** What it boots next: this, or another of the client's images. */
  readonly next: boolean;
  /** Of one that begins with nothing on its LUN: whether it boots its installer next, which is of `release`. */
  readonly installs?: boolean;
  /** Its LUN is changed by hand, to become a release; absent: it is not. */
  readonly maintenance?: true;
  /** Whether an initiator has a session at one of its targets. */
  readonly live: boolean;
  /** Earlier LUNs that are kept for a rollback. */
  readonly kept: number;
}

export interface ChannelRow {
  readonly channel: string;
  readonly release: string;
  readonly recipe: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly by: 'promote' | 'rollback';
  readonly history: number;
}

export interface HostStatus {
  readonly host: string;
  readonly root: string;
  /** Counts the changes. */
  readonly serial: number;
  readonly channels: readonly ChannelRow[];
  readonly releases: readonly (ReleaseOnHost & {
    readonly channels: readonly string[];
    readonly luns: number;
  })[];
  readonly images: readonly ImageRow[];
  readonly sessions: readonly IscsiSession[];
  /** `ADDRESS:PORT` at which its clients find their LUNs, the first to be tried first; those of the site. */
  readonly portals: readonly [string, ...string[]];
  readonly space: Space;
  /** LUNs that can be brought back, and bytes that they take at most: those that they share count in each. */
  readonly deleted: { readonly luns: number; readonly allocated: number };
  readonly warnings: readonly { readonly message: string; readonly hint: string }[];
}

export async function statusOf({ host, adapter }: OpenHost, ports: Ports): Promise<HostStatus> {
  const state = await readState(host);
  const sessions = await adapter.sessions(host, ports);
  const resting = deletedDisks(state);
  const space = await freeSpace(host, resting);
  const deleted = await deletedOf(host, resting);
  const images = imageRows(state, sessions);
  const channels = channelRows(state);
  const [portal, ...otherPortals] = portalsOf(host.facts);
  return {
    ...aboutHost(host.facts),
    serial: state.serial,
    channels,
    releases: (await releasesOnHost(host)).map((release) => ({
      ...release,
      channels: channels.filter((each) => each.release === release.digest).map(({ channel }) => channel),
      luns: lunsOf(state, release.digest),
    })),
    images,
    sessions,
    portals: [portalText(portal), ...otherPortals.map(portalText)],
    space,
    deleted,
    warnings: [
      ...readOnly(host),
      ...((await needsRepair(host)) ? [unfinishedChange(host.facts)] : []),
      ...sharedLuns(sessions, 1 + otherPortals.length).map((each) => {
        const { what: message, hint } = sharedWords(each);
        return { message, hint };
      }),
      ...thinExhaustion(host.facts.name, space),
    ],
  };
}

async function deletedOf(host: TargetHost, resting: ReadonlySet<string>): Promise<HostStatus['deleted']> {
  const all = resting.size === 0 ? [] : (await listClones(host)).filter(({ disk }) => resting.has(disk));
  return { luns: resting.size, allocated: all.reduce((sum, { allocated }) => sum + allocated, 0) };
}

function readOnly(host: TargetHost): HostStatus['warnings'] {
  const problem = writerProblem(host);
  return problem === undefined ? [] : [{ message: problem.what, hint: problem.hint }];
}

function unfinishedChange({ name }: HostFacts): HostStatus['warnings'][number] {
  return {
    message: `A change of ${name} is not finished.`,
    hint: `If nobody is at it, run: npx lunsmith repair --on ${name}`,
  };
}

function aboutHost({ name, root }: HostFacts) {
  return { host: name, root };
}

/** Pure: a row for each image of each client. */
export function imageRows(state: HostState, sessions: readonly IscsiSession[]): ImageRow[] {
  return Object.entries(state.clients).flatMap(([client, { facts, images, next }]) =>
    facts.images.flatMap((each, index) => {
      const { name, channel } = each;
      const image = images[name];
      const current = image?.generations.find(({ id }) => id === image.current);
      const boots = next === undefined ? index === 0 : startsOf(each).includes(next);
      const about = {
        ...{ client, image: name, next: boots },
        ...(channel === undefined ? {} : { channel }),
        ...(hasInstaller(each) ? { installs: next === installerOf(name) } : {}),
      };
      if (image === undefined || current === undefined)
        return { ...about, behind: false, live: false, kept: 0 };
      const targets = image.generations.map(({ target }) => target);
      return {
        ...about,
        ...(current.release === undefined ? {} : { release: current.release }),
        bytes: current.bytes,
        ...(current.readOnly === true ? { shared: true as const } : {}),
        target: current.target,
        // What a system has installed follows no channel.
        behind: each.blank !== true && state.channels[channel ?? '']?.release !== current.release,
        ...(image.maintenance === undefined ? {} : { maintenance: true }),
        live: sessions.some(({ target }) => targets.includes(target)),
        kept: image.generations.length - 1,
      };
    }),
  );
}

function channelRows(state: HostState): ChannelRow[] {
  return Object.entries(state.channels).flatMap(([channel, { release, history }]) => {
    const last = history.at(-1);
    if (last === undefined) return [];
    return { channel, release, recipe: last.recipe, at: last.at, by: last.by, history: history.length };
  });
}

function lunsOf({ clients }: HostState, release: string): number {
  return Object.values(clients)
    .flatMap(({ images }) => Object.values(images).flatMap(({ generations }) => generations))
    .filter((generation) => generation.release === release).length;
}

/** All that the report of a target host, or of one of its clients, tells, as plain data. */

import type { Ports } from '../../base/ports.js';
import { readState } from '../../hosts/apply.js';
import type { ChannelState, HostState } from '../../hosts/host/state.js';
import type { ClientFacts } from '../../hosts/site/facts.js';
import { type ExplainedChain, explain } from '../site/explain.js';
import type { OpenHost } from '../site/open.js';
import { type HostStatus, type ImageRow, statusOf } from '../site/status.js';

/** One LUN of an image of a client. */
export interface ReportedGeneration {
  readonly id: string;
  /** The manifest's sha256; absent: it is a clone of none. */
  readonly release?: string;
  /** RFC 3339, UTC. */
  readonly made: string;
  /** Bytes of the LUN. */
  readonly bytes: number;
  /** Whether the client boots it. */
  readonly current: boolean;
}

export interface ReportedImage extends ImageRow {
  /** Oldest first. */
  readonly generations: readonly ReportedGeneration[];
}

export interface HostReport {
  readonly kind: 'host';
  readonly status: HostStatus;
  readonly images: readonly ReportedImage[];
  /** What each channel was at, newest last. */
  readonly history: readonly { readonly channel: string; readonly moves: ChannelState['history'] }[];
}

export interface ClientReport extends Omit<HostReport, 'kind'> {
  readonly kind: 'client';
  /** As the site has it. */
  readonly client: ClientFacts;
  readonly chain: ExplainedChain;
}

export async function reportHost(open: OpenHost, ports: Ports): Promise<HostReport> {
  const status = await statusOf(open, ports);
  const state = await readState(open.host);
  return { kind: 'host', status, images: imagesOf(state, status), history: historyOf(state) };
}

/** The same of one client alone, with the chain of its boot. */
export async function reportClient(open: OpenHost, client: ClientFacts, ports: Ports): Promise<ClientReport> {
  const { status, images, history } = await reportHost(open, ports);
  const own = images.filter((image) => image.client === client.name);
  const channels = new Set(client.images.map(({ channel }) => channel));
  return {
    kind: 'client',
    ...{ status, client, images: own },
    history: history.filter(({ channel }) => channels.has(channel)),
    chain: await explain(open, client, undefined),
  };
}

function imagesOf({ clients }: HostState, { images }: HostStatus): ReportedImage[] {
  return images.map((row) => {
    const image = clients[row.client]?.images[row.image];
    const generations = image?.generations ?? [];
    return {
      ...row,
      generations: generations.map(({ id, release, made, bytes }) => ({
        ...{ id, made, bytes },
        ...(release === undefined ? {} : { release }),
        current: id === image?.current,
      })),
    };
  });
}

function historyOf({ channels }: HostState): HostReport['history'] {
  return Object.entries(channels).map(([channel, { history }]) => ({ channel, moves: history }));
}

/** What `status` knows of target hosts, in Prometheus' text format. */
import { Gauge, Registry } from 'prom-client';
import type { HostStatus } from '../../app/site/status.js';

/** A host, and what is known of it; undefined when it could not be asked. */
export type Asked = readonly [host: string, status: HostStatus | undefined];

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly of: (status: HostStatus) => readonly Sample[];
}

const yes = (value: boolean) => (value ? 1 : 0);

const METRICS: readonly Metric[] = [
  {
    name: 'lunsmith_channel_release_info',
    help: 'The release that a channel is at; always 1.',
    of: ({ channels }) => channels.map(({ channel, recipe, release }) => [{ channel, recipe, release }, 1]),
  },
  {
    name: 'lunsmith_channel_moved_timestamp_seconds',
    help: 'When a channel came to its release, by the clock of who moved it.',
    of: ({ channels }) => channels.map(({ channel, at }) => [{ channel }, Date.parse(at) / 1000]),
  },
  {
    name: 'lunsmith_release_luns',
    help: 'LUNs of clients that were made of a release.',
    of: ({ releases }) => releases.map(({ recipe, digest, luns }) => [{ recipe, release: digest }, luns]),
  },
  {
    name: 'lunsmith_client_release_info',
    help: 'The release that the LUN of a client was made of; always 1.',
    of: ({ images }) =>
      images.flatMap(({ client, image, channel, release }) =>
        release === undefined ? [] : [[{ client, image, channel, release }, 1]],
      ),
  },
  {
    name: 'lunsmith_client_behind',
    help: 'Whether the channel of a client is at another release than its LUN.',
    of: ({ images }) =>
      images.map(({ client, image, channel, behind }) => [{ client, image, channel }, yes(behind)]),
  },
  {
    name: 'lunsmith_client_logged_in',
    help: 'Whether an initiator has a session at the LUN of a client.',
    of: ({ images }) => images.map(({ client, image, live }) => [{ client, image }, yes(live)]),
  },
  {
    name: 'lunsmith_client_lun_bytes',
    help: 'Size of the LUN of a client.',
    of: ({ images }) =>
      images.flatMap(({ client, image, bytes }) => (bytes === undefined ? [] : [[{ client, image }, bytes]])),
  },
  {
    name: 'lunsmith_sessions',
    help: 'Open sessions of initiators.',
    of: ({ sessions }) => [[{}, sessions.length]],
  },
  {
    name: 'lunsmith_space_total_bytes',
    help: 'Size of the file system, pool or dataset of the LUNs.',
    of: ({ space }) => [[{}, space.total]],
  },
  {
    name: 'lunsmith_space_free_bytes',
    help: 'What is free there.',
    of: ({ space }) => [[{}, space.free]],
  },
  {
    name: 'lunsmith_space_promised_bytes',
    help: 'What the LUNs may take besides what they have, when their clients write all of them.',
    of: ({ space }) => [[{}, space.promised]],
  },
  {
    name: 'lunsmith_changes',
    help: 'Changes of the host so far.',
    of: ({ serial }) => [[{}, serial]],
  },
  {
    name: 'lunsmith_warnings',
    help: 'Warnings of `lunsmith status`: a change that was not finished, a host that is running full.',
    of: ({ warnings }) => [[{}, warnings.length]],
  },
];

export async function metricsText(hosts: readonly Asked[]): Promise<string> {
  const registry = new Registry();
  const add = (name: string, help: string, samples: readonly Sample[]) => {
    const labelNames = [...new Set(samples.flatMap(([labels]) => Object.keys(labels)))];
    const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
    for (const [labels, value] of samples) gauge.set(labels, value);
  };
  const up = hosts.map(([host, status]): Sample => [{ host }, yes(status !== undefined)]);
  add('lunsmith_up', 'Whether the target host could be asked.', up);
  for (const { name, help, of } of METRICS) {
    const samples = hosts.flatMap(([host, status]) =>
      status === undefined ? [] : of(status).map(([labels, value]): Sample => [{ host, ...labels }, value]),
    );
    if (samples.length > 0) add(name, help, samples);
  }
  return registry.metrics();
}

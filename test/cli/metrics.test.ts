/** Prometheus' text format of what is known of hosts. */
import { expect, it } from 'vitest';
import type { HostStatus } from '../../app/site/status.js';
import { metricsText } from '../../cli/render/metrics.js';

const STATUS: HostStatus = {
  host: 'san1',
  root: '/srv/lunsmith',
  serial: 7,
  channels: [
    {
      channel: 'stable',
      release: 'aa',
      recipe: 'web',
      at: '2026-01-02T03:04:05Z',
      by: 'promote',
      history: 2,
    },
  ],
  releases: [{ recipe: 'web', digest: 'aa', serial: 1, channels: ['stable'], luns: 1 }],
  images: [
    {
      ...{ client: 'a', image: 'main', channel: 'stable', release: 'bb', bytes: 4096, target: 'iqn' },
      ...{ behind: true, next: true, live: true, kept: 0 },
    },
    { client: 'b', image: 'main', channel: 'edge', behind: false, next: true, live: false, kept: 0 },
  ],
  sessions: [{ initiator: 'i', target: 'iqn' }],
  portals: ['192.0.2.10:3260'],
  space: { total: 100, free: 40, luns: 1, promised: 60 },
  deleted: { luns: 0, allocated: 0 },
  warnings: [{ message: 'full', hint: 'make room' }],
};

const samples = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

it('has a sample for each thing, and none for what is not there yet', async () => {
  expect(samples(await metricsText([['san1', STATUS]]))).toEqual([
    'lunsmith_up{host="san1"} 1',
    'lunsmith_channel_release_info{host="san1",channel="stable",recipe="web",release="aa"} 1',
    'lunsmith_channel_moved_timestamp_seconds{host="san1",channel="stable"} 1767323045',
    'lunsmith_release_luns{host="san1",recipe="web",release="aa"} 1',
    'lunsmith_client_release_info{host="san1",client="a",image="main",channel="stable",release="bb"} 1',
    'lunsmith_client_behind{host="san1",client="a",image="main",channel="stable"} 1',
    'lunsmith_client_behind{host="san1",client="b",image="main",channel="edge"} 0',
    'lunsmith_client_logged_in{host="san1",client="a",image="main"} 1',
    'lunsmith_client_logged_in{host="san1",client="b",image="main"} 0',
    'lunsmith_client_lun_bytes{host="san1",client="a",image="main"} 4096',
    'lunsmith_sessions{host="san1"} 1',
    'lunsmith_space_total_bytes{host="san1"} 100',
    'lunsmith_space_free_bytes{host="san1"} 40',
    'lunsmith_space_promised_bytes{host="san1"} 60',
    'lunsmith_changes{host="san1"} 7',
    'lunsmith_warnings{host="san1"} 1',
  ]);
});

it('says what each means, and of which type it is', async () => {
  const text = await metricsText([['san1', STATUS]]);
  expect(text).toContain(
    '# HELP lunsmith_up Whether the target host could be asked.\n# TYPE lunsmith_up gauge\n',
  );
});

it('tells of a host that could not be asked that it could not', async () => {
  const text = samples(
    await metricsText([
      ['san1', STATUS],
      ['san2', undefined],
    ]),
  );
  expect(text.filter((line) => line.includes('san2'))).toEqual(['lunsmith_up{host="san2"} 0']);
  expect(samples(await metricsText([['san2', undefined]]))).toEqual(['lunsmith_up{host="san2"} 0']);
});

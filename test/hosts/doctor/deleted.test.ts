import { expect, it } from 'vitest';
import { planChange } from '../../../hosts/change.js';
import { deletedFindings } from '../../../hosts/doctor/deleted.js';
import { EMPTY_STATE } from '../../../hosts/host/state.js';
import { aboutHost } from '../../util/about-host.js';
import { clientFacts, hostFacts, smallRelease } from '../../util/hosts.js';

const release = smallRelease('v1');
const host = hostFacts('/srv/lunsmith', { retention: 3600 });
const about = aboutHost([release])({ host });
const state = [
  { kind: 'promote', channel: 'stable', release: release.digest } as const,
  { kind: 'add', client: clientFacts(1) } as const,
  { kind: 'remove', client: 'web1' } as const,
].reduce((before, intent) => planChange(before, intent, about).next, EMPTY_STATE);
const disk = `/srv/lunsmith/clients/web1/debian/${release.digest.slice(0, 12)}-2.img`;
const sizes = new Map([[disk, { bytes: 2 ** 20 }]]);

it('what was deleted is there, and in its time', () => {
  expect(deletedFindings(host, state, { sizes, clock: '2026-01-02T04:04:05.000Z' })).toEqual([]);
});

it('what is kept for longer is told of', () => {
  expect(deletedFindings(host, state, { sizes, clock: '2026-01-02T04:04:06.000Z' })).toMatchObject([
    {
      level: 'warning',
      expected: 'none after its time, the first of them until 2026-01-02T04:04:06.000Z',
      found: 'web1',
      hint: 'The next change removes them, or: npx lunsmith client prune --on san1',
    },
  ]);
});

it.each([
  [new Map(), 'nothing'],
  [new Map([[disk, { bytes: 7 }]]), '7 bytes'],
])('what cannot be brought back is told of: %j', (found, words) => {
  expect(deletedFindings(host, state, { sizes: found, clock: about.clock })).toMatchObject([
    { level: 'warning', about: 'disks', where: disk, expected: 'a disk of 1048576 bytes', found: words },
  ]);
});

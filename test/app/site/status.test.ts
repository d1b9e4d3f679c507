import { expect, it } from 'vitest';
import { type HostStatus, imageRows } from '../../../app/site/status.js';
import { clientLines, statusLines } from '../../../cli/render/status.js';
import { plainStyle } from '../../../cli/render/style.js';
import { EMPTY_STATE } from '../../../hosts/host/state.js';
import { clientFacts } from '../../util/hosts.js';

it('a client whose channel has no release yet is among the clients', () => {
  const state = { ...EMPTY_STATE, serial: 1, clients: { web1: { facts: clientFacts(1), images: {} } } };
  const rows = imageRows(state, []);
  expect(rows).toEqual([
    { client: 'web1', image: 'debian', channel: 'stable', behind: false, next: true, live: false, kept: 0 },
  ]);
  expect(clientLines(rows, plainStyle)[1]).toMatch(/^web1 +debian +stable +none yet +- +yes +- +0$/);
});

it('tells the portals of a host that has several, and where sessions come from', () => {
  const status: HostStatus = {
    ...{ host: 'san1', root: '/srv/lunsmith', serial: 1, channels: [], releases: [], images: [] },
    sessions: [
      { initiator: 'iqn:web1', target: 'iqn:lun', addresses: ['192.0.2.20', '198.51.100.20'] },
      { initiator: 'iqn:web2', target: 'iqn:lun2' },
    ],
    portals: ['192.0.2.10:3260', '198.51.100.10:3260'],
    space: { total: 100, free: 40, luns: 1, promised: 60 },
    ...{ deleted: { luns: 0, allocated: 0 }, warnings: [] },
  };
  const lines = statusLines(status, plainStyle, 0);
  const from = lines.indexOf('Sessions');
  expect(lines.slice(from, from + 8)).toEqual([
    'Sessions',
    '  initiator  target    from',
    '  iqn:web1   iqn:lun   192.0.2.20, 198.51.100.20',
    '  iqn:web2   iqn:lun2  -',
    '',
    'Portals of each LUN',
    '  192.0.2.10:3260',
    '  198.51.100.10:3260',
  ]);
  const [first] = status.portals;
  expect(statusLines({ ...status, portals: [first] }, plainStyle, 0)).not.toContain('Portals of each LUN');
});

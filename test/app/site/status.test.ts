import { expect, it } from 'vitest';
import { imageRows } from '../../../app/site/status.js';
import { clientLines } from '../../../cli/render/status.js';
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

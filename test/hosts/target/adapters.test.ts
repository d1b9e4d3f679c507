import { expect, it } from 'vitest';
import { adapterOf } from '../../../hosts/target/adapters.js';
import { PORTALS, WEB } from './luns.js';

it.each([
  ['lio', 0, ['lio.json']],
  ['tgt', 1, ['targets.conf']],
  ['iet', 0, ['ietd.conf', 'initiators.allow']],
] as const)('knows %s: LUN %i, files %j', (kind, lun, names) => {
  const adapter = adapterOf(kind);
  expect(adapter.lun).toBe(lun);
  expect(adapter.render([WEB], PORTALS).map(({ name }) => name)).toEqual(names);
});

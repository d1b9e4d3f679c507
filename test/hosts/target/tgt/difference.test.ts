import { expect, it } from 'vitest';
import { accountOrders, orphans } from '../../../../hosts/target/tgt/accounts.js';
import { strangeTargets, unwantedAccess } from '../../../../hosts/target/tgt/difference.js';
import type { TgtTarget } from '../../../../hosts/target/tgt/show.js';
import { failureOf } from '../../../artifacts/formats/tools.js';
import { DB, PC, PREFIX, SECRET, SHARED, WEB } from '../luns.js';

const CONTROLLER = { lun: 0, serial: 'beaf10', thin: false, readOnly: false, path: 'None' };
const OURS: TgtTarget = {
  id: 3,
  name: WEB.target,
  sessions: [],
  luns: [CONTROLLER, { lun: 1, serial: WEB.serial, thin: true, readOnly: false, path: WEB.disk }],
  accounts: ['web1'],
  access: [WEB.initiator],
};
const EMPTY: TgtTarget = { ...OURS, luns: [CONTROLLER], accounts: [], access: [] };

it.each([
  ['nothing', [], undefined],
  ['ours', [OURS], undefined],
  ['ours, half made', [EMPTY], undefined],
  ['ours, of another account', [{ ...OURS, accounts: ['old'], access: ['ALL'] }], undefined],
  [
    'another disk',
    [{ ...OURS, luns: [CONTROLLER, { lun: 1, serial: '', thin: true, readOnly: false, path: '/x' }] }],
    'LUN 1 is /x',
  ],
  [
    'a disk more',
    [{ ...OURS, luns: [...OURS.luns, { lun: 2, serial: '', thin: true, readOnly: false, path: '/x' }] }],
    'LUN 2 is /x',
  ],
  ['no disk but an account', [{ ...EMPTY, accounts: ['x'] }], 'no disk, but the CHAP account x'],
  ['no disk but an ACL', [{ ...EMPTY, access: ['ALL'] }], 'no disk, but ALL may log in'],
  [
    'our disk elsewhere',
    [{ ...OURS, name: 'iqn.2000-01.a:b' }],
    `its disk ${WEB.disk} is offered by iqn.2000-01.a:b`,
  ],
])('finds what is foreign: %s', (_, targets, found) => {
  expect(strangeTargets(targets, [WEB])).toEqual(found === undefined ? [] : [{ target: WEB.target, found }]);
});

it.each([
  ['the second is not there yet', [], undefined],
  [
    'both are there',
    [{ lun: 2, serial: '', thin: true, readOnly: false, path: PC.beside?.disk ?? '' }],
    undefined,
  ],
  ['the second is another', [{ lun: 2, serial: '', thin: true, readOnly: false, path: '/x' }], 'LUN 2 is /x'],
])('of two disks: %s', (_, more, found) => {
  const first = { lun: 1, serial: PC.serial, thin: true, readOnly: false, path: PC.disk };
  const there = { ...OURS, name: PC.target, luns: [CONTROLLER, first, ...more] };
  const expected = found === undefined ? [] : [{ target: PC.target, found }];
  expect(strangeTargets([there], [PC])).toEqual(expected);
});

it('lets others offer what nobody can write to', () => {
  const [first, second] = SHARED;
  const luns = [CONTROLLER, { lun: 1, serial: second.serial, thin: true, readOnly: true, path: second.disk }];
  const there = [{ ...OURS, name: second.target, luns }];
  expect(strangeTargets(there, [first])).toEqual([]);
  expect(strangeTargets(there, [{ ...first, readOnly: undefined }])).toEqual([
    { target: first.target, found: `its disk ${first.disk} is offered by ${second.target}` },
  ]);
});

it('finds the second disk elsewhere', () => {
  const luns = [CONTROLLER, { lun: 1, serial: '', thin: true, readOnly: false, path: PC.beside?.disk ?? '' }];
  expect(strangeTargets([{ ...OURS, name: 'iqn.2000-01.a:b', luns }], [PC])).toEqual([
    { target: PC.target, found: `its disk ${PC.beside?.disk} is offered by iqn.2000-01.a:b` },
  ]);
});

it('names who shall not log in', () => {
  expect(
    unwantedAccess(
      { ...OURS, access: ['ALL', '255.255.255.255', 'iqn.2000-01.a:b', WEB.initiator] },
      WEB.initiator,
    ),
  ).toEqual(['ALL', 'iqn.2000-01.a:b']);
});

const facts = {
  targets: [OURS],
  known: ['web1'],
  secrets: new Map([['web1', SECRET]]),
  ours: ({ name }: TgtTarget) => name.startsWith(`${PREFIX}:`),
};
const told = (orders: ReturnType<typeof accountOrders>) =>
  orders.map(({ request: { operation, mode, target, parameters } }) =>
    [operation, mode, target, parameters].filter((each) => each !== undefined).join(' '),
  );

it.each([
  ['unknown', { ...facts, known: [] }, [`new account user=web1,password=${SECRET}`]],
  ['known with that secret', facts, []],
  [
    'known with another secret',
    { ...facts, secrets: new Map([['web1', 'old']]) },
    [
      'unbind account 3 user=web1',
      'delete account user=web1',
      `new account user=web1,password=${SECRET}`,
      'bind account 3 user=web1',
    ],
  ],
  [
    'bound to no target',
    { ...facts, targets: [EMPTY] },
    ['delete account user=web1', `new account user=web1,password=${SECRET}`],
  ],
  [
    'one of two of a target, which are unbound last first',
    { ...facts, secrets: new Map<string, string>(), targets: [{ ...OURS, accounts: ['web1', 'old'] }] },
    [
      'unbind account 3 user=old',
      'unbind account 3 user=web1',
      'delete account user=web1',
      `new account user=web1,password=${SECRET}`,
      'bind account 3 user=web1',
    ],
  ],
])('makes an account that is %s', (_, given, orders) => {
  expect(told(accountOrders([WEB], given))).toEqual(orders);
});

it('refuses a foreign account', () => {
  const targets = [{ ...OURS, name: 'iqn.2000-01.a:b' }];
  const failure = failureOf(() => accountOrders([WEB], { ...facts, targets }));
  expect([failure.kind, failure.diagnostics]).toEqual([
    'usage',
    [
      {
        what: 'The CHAP user web1 belongs to somebody else.',
        expected: 'no account of that name but ours: tgtd keeps its accounts for all targets together',
        found: 'an account of the target iqn.2000-01.a:b',
        hint: 'Give the client another CHAP user.',
      },
    ],
  ]);
});

it('refuses one user with two secrets', () => {
  const other = { ...DB, chap: { user: 'web1', secret: 'other' } };
  const failure = failureOf(() => accountOrders([WEB, other], facts));
  expect([failure.kind, failure.diagnostics]).toEqual([
    'usage',
    [
      {
        what: 'The CHAP user web1 has two secrets.',
        expected: 'one secret for each user: tgtd keeps its accounts for all targets together',
        found: 'another secret for another target',
        hint: 'Give each client a CHAP user of its own.',
      },
    ],
  ]);
});

it('leaves an account that another target has', () => {
  const other = { ...OURS, name: DB.target };
  expect(orphans([OURS], [OURS])).toEqual(['web1']);
  expect(orphans([OURS], [OURS, other])).toEqual([]);
});

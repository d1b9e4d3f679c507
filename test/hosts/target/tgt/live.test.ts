import { expect, it } from 'vitest';
import { Failure } from '../../../../base/failure.js';
import type { TargetHost } from '../../../../hosts/host/host.js';
import { offerByTgt, removeFromTgt } from '../../../../hosts/target/tgt/live.js';
import { hostFacts } from '../host.js';
import { WEB } from '../luns.js';

const quiet = `Target 1: ${WEB.target}
    I_T nexus information:
    LUN information:
    Account information:
        web1
    ACL information:
        ${WEB.initiator}
        255.255.255.255
`;
const busy = quiet.replace(
  'I_T nexus information:\n',
  `I_T nexus information:\n        I_T nexus: 1\n            Initiator: ${WEB.initiator} alias: x\n`,
);

/** A tgtd that shows one text after the other, and what it was told between. */
function tgtd(...shown: string[]) {
  const told: string[] = [];
  return {
    told,
    ask: ({
      request: { operation, mode, parameters = '' },
    }: Parameters<Parameters<typeof removeFromTgt>[1]>[0]) => {
      told.push(`${operation} ${mode} ${parameters}`.trim());
      return Promise.resolve(operation === 'show' ? (shown.shift() ?? '') : '');
    },
  };
}

it('takes another number when somebody has taken the next one meanwhile', async () => {
  const portals = 'Portal: 0.0.0.0:3260,1\n';
  const taken = 'Target 1: iqn.2026-01.org.example:theirs\n';
  const { ask, told } = tgtd('', portals, '', '', taken);
  let first = true;
  const refusing = (order: Parameters<typeof ask>[0]) => {
    const { operation, mode } = order.request;
    if (!(operation === 'new' && mode === 'target' && first)) return ask(order);
    first = false;
    return Promise.reject(
      new Failure('tool', { what: 'Could not create it.', found: 'tgtd: the target exists already' }),
    );
  };
  const host = {
    facts: hostFacts('tgt', '/srv/lunsmith'),
    read: () => Promise.resolve(undefined),
  } as unknown as TargetHost;
  const portal = { address: '192.0.2.1', port: 3260 };
  await offerByTgt(host, [WEB], { portals: [portal] }, refusing);
  expect(told.filter((line) => line.startsWith('new target'))).toEqual([
    `new target targetname=${WEB.target}`,
  ]);
});

it('unbinds the ACLs before it takes the target away', async () => {
  const { ask, told } = tgtd(quiet, quiet);
  await removeFromTgt([WEB.target], ask);
  expect(told).toEqual([
    'show target',
    `unbind target initiator-name=${WEB.initiator}`,
    'unbind target initiator-address=255.255.255.255',
    'show target',
    'delete target',
    'delete account user=web1',
  ]);
});

it('lets a session live that came in the last moment', async () => {
  const { ask, told } = tgtd(quiet, busy);
  await expect(removeFromTgt([WEB.target], ask)).rejects.toMatchObject({
    kind: 'usage',
    diagnostics: [{ what: `The target ${WEB.target} has a session.` }],
  });
  expect(told.slice(4)).toEqual([
    `bind target initiator-name=${WEB.initiator}`,
    'bind target initiator-address=255.255.255.255',
  ]);
});
